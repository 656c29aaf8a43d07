"""Drafts of source specs: an unknown export is looked at, its headers are matched, and a spec to be completed comes out.

looking     what the file is: shape, encoding, delimiter, sheets, where the header is, totals rows
vocabulary  what others call our columns and codes: ingest/aliases.yaml, the specs in force, the entities
evidence    what the values of a column look like, by the SQL that will type them
matching    which entity it is, which header is which column, and how sure that is
writing     the spec as text, with what is open marked in it
"""
