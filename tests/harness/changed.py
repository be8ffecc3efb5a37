OPTION="--changed"
def choose(a,C): raise NotImplementedError
def routes_by_file(files):
    return {}
