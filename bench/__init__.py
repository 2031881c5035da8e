"""Figures: ratios to the raw signature operations measured in the same run, beside the installed peers."""
