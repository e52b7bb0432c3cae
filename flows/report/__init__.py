"""The report of a screen: the record that is report.json, the files made of it, and the page a chemist reads."""
