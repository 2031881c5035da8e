"""How a process touches the world, with no word of residents.

==================  ====================================================================================================
module              what it is for
==================  ====================================================================================================
addresses           which URLs and network addresses may be called
clock               the one reader of the wall clock
connections         TCP and TLS connections pinned to checked addresses
console             how commands speak: errors, hints, exit codes, secrets, progress
fetcher             the one guarded HTTP client
files               private files, atomic replacement, locks
json_schema         the part of JSON Schema that vector files use
listeners           addresses a process listens on
logs                JSON lines from a closed list of fields
migrations          one line of revisions for each organisation
outbox              work that follows from a change, done when due
problems            failures over HTTP, body limit, security headers
requests            reading parameters, forms and JSON so that no two parsers differ
serving             several HTTPS listeners and their background work in one process
settings            one TOML file and variables of the same names
signers             private keys opened by URI
single_use          nonces, codes and identifiers that may be used once
store               SQLite and PostgreSQL with one meaning of begin, commit and failure
tls                 development root, client authority, contexts
vector_runner       ``vectors DIR`` of the three commands
==================  ====================================================================================================
"""
