"""What a person does with a client that openapi-python-client has made: sign in, send a message with a file, fetch the file.
send_file.py FOLDER BASE_URL CA_FILE EMAIL PASSWORD, with the client in FOLDER/parley_client; prints what came back."""
import io
import sys
import uuid

sys.path.insert(0, sys.argv[1])
from parley_client import AuthenticatedClient, Client
from parley_client.api.chats import create_chat
from parley_client.api.files import get_attachment
from parley_client.api.messages import list_messages, send_message
from parley_client.api.sign_in import sign_in
from parley_client.api.workspaces import create_workspace
from parley_client.models import ChatCreate, Login, MessageForm, Problem, SignedIn, WorkspaceCreate
from parley_client.types import File

SENT = b"what a file holds\n"


def must(answer):
    if answer is None or isinstance(answer, Problem):
        raise SystemExit(f"refused: {answer}")
    return answer


def main():
    _, _, base_url, ca_file, email, password = sys.argv
    signed_in = must(sign_in.sync(client=Client(base_url, verify_ssl=ca_file), body=Login(email=email, password=password)))
    assert isinstance(signed_in, SignedIn), signed_in
    client = AuthenticatedClient(base_url, signed_in.tokens.access_token, verify_ssl=ca_file, follow_redirects=True)
    workspace = must(create_workspace.sync(client=client, body=WorkspaceCreate(name="Clients")))
    chat = must(create_chat.sync(workspace.id, client=client, body=ChatCreate(title="Files")))
    form = MessageForm(content="A file comes along", files=[File(io.BytesIO(SENT), "notes.txt", "text/plain")])
    key = str(uuid.uuid4())
    message = must(send_message.sync(workspace.id, chat.id, client=client, body=form, idempotency_key=key))
    page = must(list_messages.sync(workspace.id, chat.id, client=client))
    assert [m.id for m in page.messages] == [message.id], page
    file = message.attachments[0]
    fetched = must(get_attachment.sync(file.id, client=client)).payload.read()
    assert fetched == SENT, fetched
    print(f"{message.content}: {file.filename}, {file.size} bytes")


main()
