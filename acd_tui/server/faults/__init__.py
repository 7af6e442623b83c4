"""Faults on request, for people who test clients: what Amazon did when it was not well.

A file of rules (`rules`, re-read when it changes: `watched`) says which requests go wrong,
how often and how. `middleware` finds the rules for a request and puts their effects around
it: `effects` for connections, answers and time, `bodies` for the bytes of a file,
`listings` for nodes in JSON, `feed` for the stream of changes, `presigned` for content
that another host serves. `example.toml` shows all of it.
"""
