"""Logs cases.json with Python's own wandb, offline: log_cases.py DIR. Prints the run's directory."""
import json, os, sys
import numpy as np
import wandb
from PIL import Image as PilImage  # noqa: F401  (wandb needs it)

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "..", "fixtures")


def array(shape, dtype, range):
    """As in log_cases.mjs."""
    y, x, c = np.meshgrid(*(np.arange(n) for n in (*shape, 1)[:3]), indexing="ij")
    if range == "smooth":
        values = (y * 2 + x + c * 30).astype(np.float64)
    else:
        values = ((y * 31 + x * 17 + c * 57) % 256).astype(np.float64)
    if range == "unit":
        values = values / 255
    if range == "signed":
        values = values / 127.5 - 1
    if range == "wide":
        values = values * 1.5 - 40
    if range == "classes":
        values = values % 7
    return values.astype(dtype).reshape(shape)


def value(v):
    if isinstance(v, list):
        return [value(item) for item in v]
    if not isinstance(v, dict):
        return v
    if "$number" in v:
        return float(v["$number"])
    if "$int" in v:
        return int(v["$int"])
    if "$array" in v:
        return array(**v["$array"])
    if "$values" in v:
        count = v["$values"]["count"]
        return (np.arange(count) * 37 % 101 * 0.125).astype(v["$values"]["dtype"])
    if "$file" in v:
        return os.path.join(FIXTURES, v["$file"])
    if "$image" in v:
        options = {key: value(option) for key, option in v["$image"].items()}
        file = options.pop("file", None)
        data = os.path.join(FIXTURES, file) if file else options.pop("data")
        return wandb.Image(data, **options)
    # Python wants whole numbers for the ids of class_labels, which JSON cannot write.
    return {
        key: {int(id): name for id, name in inner.items()} if key == "class_labels" else value(inner)
        for key, inner in v.items()
    }


with open(os.path.join(HERE, "cases.json")) as f:
    cases = json.load(f)
run = wandb.init(
    project="cases",
    name="twin",
    tags=["a", "b"],
    notes="both log the same",
    group="g",
    job_type="test",
    dir=sys.argv[1],
    mode="offline",
    config=cases["config"],
)
for call in cases["log"]:
    run.log(value(call["data"]), step=call.get("step"), commit=call.get("commit"))
run.summary.update(cases["summary"])
run.config.update(cases["late_config"])
print(os.path.dirname(run.dir))
run.finish()
