"""What a process recalls shows only where it was asked before."""

# Each process has to have seen the caller, whichever way requests are spread over them.
WARM, ASKED = 8, 4
