"""What goes out: the published folder, call lists, KPI extracts, outbox, delivery and the summary. It decides nothing."""
