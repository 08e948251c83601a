"""Where a detection belongs: murmur2 of the id's decimal text, modulo the partition count.

Only to tell strays apart in the statistics; the main producer's own partitioner does the placing.
MurmurHash2 by Austin Appleby (public domain), with the seed of Kafka's Java producer.
"""

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995
_SEED = 0x9747B28C


def murmur2(key: bytes) -> int:
    """Unsigned 32-bit hash of the key's bytes."""
    length = len(key)
    h = (_SEED ^ length) & _MASK
    whole = length - length % 4
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * _M & _MASK
        k ^= k >> 24
        h = (h * _M & _MASK) ^ (k * _M & _MASK)
    left = key[whole:]
    if left:
        h = (h ^ int.from_bytes(left, "little")) * _M & _MASK
    h ^= h >> 13
    h = h * _M & _MASK
    return h ^ (h >> 15)


def home_of(key: bytes, partition_count: int) -> int:
    return (murmur2(key) & 0x7FFFFFFF) % partition_count
