"""`./dev format`: C files into shape, and the printed parts of README and .env.example again."""
import sys

import generated
import lint
import style


def main():
    style.put_in_shape()
    generated.write(lint.built_binary())
    return 0


if __name__ == "__main__":
    sys.exit(main())
