"""x"""
def run(options, folder):
    return {}
