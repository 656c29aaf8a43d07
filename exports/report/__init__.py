"""Reports for people: the weekly renewal analysis and the monthly statements, as a page and as PDF from one content."""
