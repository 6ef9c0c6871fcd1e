"""Logs a run with any version of Python's wandb, offline: log_run.py DIR EXIT_CODE. Prints the run's directory."""
import os, sys
import numpy as np
import wandb


def picture(n, **options):
    return wandb.Image(np.full((4, 6, 3), n, dtype=np.uint8), **options)


def boxes(n):
    position = {"minX": 0.1, "maxX": 0.2 + n / 100, "minY": 0.3, "maxY": 0.4}
    return {
        "predictions": {
            "box_data": [{"position": position, "class_id": 1, "box_caption": "a car", "scores": {"acc": 0.5}}],
            "class_labels": {1: "car", 2: "road"},
        }
    }


def masks(n):
    data = np.array([[n % 3] * 6] * 4, dtype=np.uint8)
    return {"ground/truth": {"mask_data": data, "class_labels": {0: "nothing", 1: "sky", 2: "sea"}}}


run = wandb.init(
    project="read",
    name="näme 𠮷",
    tags=["a", "b"],
    notes="what for",
    group="g",
    job_type="train",
    dir=sys.argv[1],
    mode="offline",
    config={"lr": 0.1, "net": {"layers": [1, 2], "act": "relu"}, "none": None, "big": 9007199254740993},
)
print("a line that was printed")
for n in range(5):
    row = {
        "loss": 1 / (n + 1),
        "int": n,
        "flag": n % 2 == 0,
        "text": 'a "b"\n𠮷',
        "nan": float("nan"),
        "inf": float("-inf") if n % 2 else float("inf"),
        "big": 9007199254740993 + n,
        "nested": {"acc": n / 10, "deep": {"x": [1, {"y": 2}]}},
        "list": [1, 2.5, None],
        "val/pic": picture(50 + n, caption="caption %d" % n, boxes=boxes(n), masks=masks(n)),
        "examples": [picture(100 + n, caption="first"), picture(150 + n), picture(200 + n, masks=masks(n))],
    }
    if n == 3:
        row["late"] = 1
    run.log(row)
run.log({"loss": 0.5, "val/pic": picture(90)}, step=10)
run.summary["best"] = 0.25
run.config.update({"late": [1, 2]})
print(os.path.dirname(run.dir))
run.finish(exit_code=int(sys.argv[2]))
