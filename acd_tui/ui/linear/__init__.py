"""The interface as lines of text, for screen readers and terminals that only print.

What is said stands in the order in which it happened, each thing on a line, and nothing
on the screen changes afterwards: no cursor is moved, nothing is drawn, nothing spins. A
reader speaks what is printed; a braille display follows the last line.
"""
