"""Whoever relies on a credential: asks for it, decides on it, and keeps nothing of it.

| package  | what it does |
|---|---|
| purposes | what may be asked for, and why, in files |
| requests | signed request objects |
| sessions | one request and its one answer, in the store |
| policy   | trust anchors, policies, the decision and its report |
| status   | status lists: cache, freshness, fetching |
| web, cli | public listener, back office, commands |
"""
