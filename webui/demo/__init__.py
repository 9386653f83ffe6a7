"""The demo company: founded and run by real commands under a settable clock, so that every figure is true."""
