"""When are we open, and when is it quiet?"""
