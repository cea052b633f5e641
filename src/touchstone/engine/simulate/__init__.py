"""Made-up newsrooms and the attacks on them, to measure what the published rules withstand."""
