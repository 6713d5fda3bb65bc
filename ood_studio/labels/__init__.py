"""Labels: corpora of candidate words, prompts, and the mining of negative labels."""
