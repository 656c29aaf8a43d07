"""Pages for people: self-contained HTML that opens from the file system, in two languages, light, dark and printed."""
