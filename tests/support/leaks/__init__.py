"""The leak harness: plants identifiers of made-up people into objects, sends them through, and judges what leaves."""
