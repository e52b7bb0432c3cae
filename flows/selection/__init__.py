"""Selection of compounds from a finished screen: the problem it poses, the record and the page."""
