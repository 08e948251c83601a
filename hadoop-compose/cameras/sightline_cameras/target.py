"""Where Prometheus finds the cameras: a file for its file-based discovery, as core/process/metrics-target.ts writes it.

``npm start`` names the folder in METRICS_TARGETS and the cameras in METRICS_NAME; without a folder nothing is written.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path


def announce_target(port: int, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Writes the file whole or not at all; the caller removes it when it ends."""
    folder = environment.get("METRICS_TARGETS")
    if not folder:
        return None
    name = environment.get("METRICS_NAME", f"cameras-{os.getpid()}")
    labels = {"job": "cameras", "instance": name, "__scheme__": "http", "__pid__": str(os.getpid())}
    file = Path(folder, f"{name}.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".json.new")
    new.write_text(json.dumps([{"targets": [f"127.0.0.1:{port}"], "labels": labels}]), encoding="utf-8")
    new.replace(file)
    return file
