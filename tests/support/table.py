"""Tables of text, in columns or as Markdown."""


class Table:
    """Rows under a heading."""

    def __init__(self, heading, markdown=False):
        self.rows, self.markdown = [heading], markdown

    def add(self, *cells):
        """One row."""
        self.rows.append([str(cell) for cell in cells])

    def show(self):
        """Prints it."""
        widths = [max(len(row[i]) for row in self.rows) for i in range(len(self.rows[0]))]
        for number, row in enumerate(self.rows):
            cells = [cell.ljust(width) for cell, width in zip(row, widths)]
            print(("| " + " | ".join(cells) + " |") if self.markdown else "  ".join(cells).rstrip())
            if number == 0:
                print("|".join(["", *("---" for _ in widths), ""]) if self.markdown else "  ".join("-" * w for w in widths))
        print(flush=True)
