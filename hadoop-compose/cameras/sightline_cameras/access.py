"""How Kafka is entered: properties of librdkafka that whoever starts the cameras hands over (cameras.ts), as JSON.

kafka_log.py and topic.py give them to Quix Streams. They come in the environment and not as arguments, because they may
hold a password, and everybody on the machine may read arguments. None: plain text.
"""

import json
import os

_VARIABLE = "SIGHTLINE_KAFKA_PROPERTIES"


def kafka_properties() -> dict[str, str]:
    return {str(name): str(value) for name, value in json.loads(os.environ.get(_VARIABLE) or "{}").items()}
