"""What W&B's own reader finds in run folders, whose paths come on standard input, a line of JSON each: a line of JSON for each."""
import glob, json, sys
from wandb.proto.wandb_internal_pb2 import Record
from wandb.sdk.internal.datastore import DataStore


def media_of(value):
    """The files that a logged value names."""
    if isinstance(value, dict):
        if "sha256" in value and "path" in value:
            yield {"path": value["path"], "sha256": value["sha256"], "size": value["size"]}
        for inner in value.values():
            yield from media_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from media_of(inner)


def insert(tree, path, value):
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def read(folder):
    run = {"dir": folder, "problem": None, "rows": [], "files": [], "exit": None}
    try:
        (path,) = glob.glob(glob.escape(folder) + "/run-*.wandb")
        store = DataStore()
        store.open_for_scan(path)
        while (data := store.scan_data()) is not None:
            record = Record()
            record.ParseFromString(data)
            kind = record.WhichOneof("record_type")
            if kind == "history":
                row = {}
                for item in record.history.item:
                    insert(row, list(item.nested_key) or [item.key], json.loads(item.value_json))
                run["rows"].append({"step": record.history.step.num, "mark": row.get("mark"), "media": list(media_of(row))})
            elif kind == "files":
                run["files"] += [file.path for file in record.files.files]
            elif kind == "exit":
                run["exit"] = record.exit.exit_code
    except Exception as error:
        run["problem"] = f"{type(error).__name__}: {error}"
    return run


for line in sys.stdin:
    print(json.dumps(read(json.loads(line))))
