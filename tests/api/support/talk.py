"""A workspace with one of each role and a chat, as the tests of messages and files need it."""


class Talk:
    """owner, member, guest: people of the workspace `id`; `path` its path, `chat` a chat's id, `at` the chat's path."""

    def __init__(self, owner, member, make_user):
        self.owner = owner
        self.member = member
        workspace = owner.workspace("Team")
        self.id = workspace["id"]
        self.path = f"/workspaces/{self.id}"
        owner.add_member(self.id, member)
        self._make_user = make_user
        self._guest = None
        self.chat = owner.chat(self.id, "Chat")["id"]
        self.at = self.chat_path(self.chat)

    @property
    def guest(self):
        if self._guest is None:
            self._guest = self._make_user(first_name="Gwen")
            self.owner.add_member(self.id, self._guest, "GUEST")
        return self._guest

    def chat_path(self, chat):
        return f"{self.path}/chat/{chat}"

    def say(self, *contents, person=None):
        """Messages in the chat; the last one's JSON."""
        return [(person or self.member).message(self.id, self.chat, content) for content in contents][-1]

    def send(self, *files, content="", person=None, **headers):
        """The answer to a message with files: (name, bytes, type) each."""
        return (person or self.member).request("POST", f"{self.at}/message", data={"content": content},
                                               files=[("files", file) for file in files], headers=headers)

    def sent(self, *files, content="", person=None):
        """The JSON of such a message, which must have been taken."""
        answer = self.send(*files, content=content, person=person)
        assert answer.status_code == 201, answer.text
        return answer.json()


def text_file(text=b"what a file holds", name="notes.txt"):
    return (name, text, "text/plain")


def is_code(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code, answer.text
    return True


def faults(answer):
    """[(where, field)] of a 422."""
    assert answer.status_code == 422, answer.text
    return [tuple(fault["loc"]) for fault in answer.json().get("errors", [])]
