"""What a search can see of nginx's templates."""
import re

from common import fault, text_of, tracked

# nginx's own id of a request is another one than a trusted proxy has given it, which the log and the answers have.
OWN_ID = re.compile(r"\$\{?request_id\b")


def faults():
    return [fault(path, number, "a request has $outer_request_id (nginx/render makes it); $request_id is nginx's own")
            for path in tracked(".in") if path.parts[0] == "nginx"
            for number, line in enumerate(text_of(path).splitlines(), 1) if OWN_ID.search(line)]
