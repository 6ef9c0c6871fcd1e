"""The records of a .wandb file as JSON, read by W&B's own code (up to 0.29): read_run.py RUN_DIR."""
import glob, json, sys
from google.protobuf.json_format import MessageToDict
from wandb.proto.wandb_internal_pb2 import Record
from wandb.sdk.internal.datastore import DataStore

(path,) = glob.glob(sys.argv[1] + "/run-*.wandb")
store = DataStore()
store.open_for_scan(path)
records = []
while (data := store.scan_data()) is not None:
    record = Record()
    record.ParseFromString(data)
    records.append(MessageToDict(record, preserving_proto_field_name=True))
json.dump(records, sys.stdout)
