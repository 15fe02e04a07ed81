"""The screen: a Textual app that shows a lab's run; a guest on the roof, it never sees a World."""
