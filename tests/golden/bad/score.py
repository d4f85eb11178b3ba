def score(x):
    return 1.0 + x
