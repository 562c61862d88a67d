"""What a run leaves behind: records, and the reports that are made from them."""
