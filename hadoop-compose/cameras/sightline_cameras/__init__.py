"""Simulated edge cameras: they publish detections to Kafka with Quix Streams, copies and all.

Follow one detection: city.py says which camera sees what, traffic.py makes the detection and plans its copies,
copies.py holds the copies until they are due, kafka_log.py sends everything, truth.py writes down what Kafka took.
run.py is the loop around them. footage_feed.py picks what footage.py draws and hands over as pictures and films. Nothing here is read by the layers: they know the topic only.
"""
