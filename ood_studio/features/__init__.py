"""Image and text features, encoded once and kept on disk.

`images.dataset_features` gives the features of a dataset, `texts.text_features` those of words. A large dataset can be
encoded by many processes: `images.plan_features` describes its shards in plain values, `shard.encode_described` encodes
one of them wherever the same files are seen, and `images.dataset_features` then only joins them.
"""
