"""A message that waits is sent exactly once, whatever is killed, and however many look."""
import pytest
from harness.process import wait_until
from support.deep import Deep
from support.later import Later
from support.waiting import until

# What a transaction that sends one does, by the tables that it changes; the server sleeps in the middle of each.
STEPS = {"seq": "UPDATE ON chats", "message": "INSERT ON messages", "mark": "INSERT ON chat_states",
         "words": "INSERT ON index_queue", "event": "INSERT ON outbox", "row": "DELETE ON scheduled"}


def later_of(server):
    deep = Deep(server)
    return Later(deep, deep.talk())


def restart(deep):
    for parley in deep.server.stack.parleys:
        parley.start()
    deep.server.stack.wait()
    deep.rows("DELETE FROM job_leases")
    deep.wake()


def sleepers(deep):
    """Connections that are inside of a trigger's SLEEP."""
    return [number for (number,) in deep.rows("SELECT id FROM information_schema.processlist WHERE state = 'User sleep'")]


@pytest.mark.columns("mariadb")
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step__it_is_sent_once(make_server, step):
    later = later_of(make_server())
    deep = later.deep
    later.schedule("once")
    deep.rows(f"CREATE TRIGGER slow BEFORE {STEPS[step]} FOR EACH ROW DO SLEEP(300)")
    later.due()
    wait_until(lambda: sleepers(deep), 30, f"the step {step}")
    for parley in deep.server.stack.parleys:
        parley.kill()
    for number in sleepers(deep):
        deep.rows(f"KILL {number}")
    deep.rows("DROP TRIGGER slow")
    assert deep.count("messages") == 0 and deep.count("scheduled") == 1
    restart(deep)
    assert later.sent(1) == ["once"]


@pytest.mark.mysql
def test_killed_again_and_again__all_are_sent_once(make_server):
    later = later_of(make_server())
    deep = later.deep
    wanted = [f"{n:02}" for n in range(60)]
    for content in wanted:
        later.schedule(content)
    later.due()
    for kill in range(6):
        so_far = 8 * kill + 4
        wait_until(lambda so_far=so_far: deep.count("messages") >= so_far, 60, f"{so_far} messages")
        for parley in deep.server.stack.parleys:
            parley.kill()
        assert deep.count("messages") + deep.count("scheduled") == len(wanted)
        restart(deep)
    assert sorted(later.sent(len(wanted))) == wanted
    seqs = [int(seq) for (seq,) in deep.rows("SELECT seq FROM messages ORDER BY seq")]
    assert seqs == list(range(1, len(wanted) + 1))


@pytest.mark.mysql
@pytest.mark.columns("mariadb", "mysql")
def test_two_processes_that_both_look__send_each_once(make_server):
    later = later_of(make_server(processes=2))
    deep = later.deep
    wanted = [f"{n:02}" for n in range(60)]
    for content in wanted:
        later.schedule(content)
    later.due()

    def all_sent():
        # Nobody's turn is anybody's: both look at the same rows.
        deep.rows("DELETE FROM job_leases")
        deep.wake()
        return deep.count("scheduled") == 0

    until(all_sent, 60)
    assert sorted(later.sent(len(wanted))) == wanted
    assert "job failed" not in deep.server.log()


@pytest.mark.mysql
def test_changed_or_withdrawn_while_it_is_sent__is_one_or_the_other(make_server):
    later = later_of(make_server())
    deep, talk = later.deep, later.talk
    made = [later.schedule(f"{n:02}") for n in range(30)]
    later.due()
    outcomes = {}
    for n, one in enumerate(reversed(made)):
        path = f"{talk.path}/scheduled/{one['id']}"
        answer = talk.member.delete(path) if n % 2 else talk.member.put(path, json={"content": f"new {one['content']}"})
        outcomes[one["content"]] = (n % 2, answer.status_code)
    until(lambda: deep.count("scheduled") == 0, 60)
    found = {content for (content,) in deep.rows("SELECT content FROM messages")}
    for content, (withdrawn, status) in outcomes.items():
        wanted = {204: set(), 200: {f"new {content}"}, 404: {content}}[status]
        assert found & {content, f"new {content}"} == wanted, (content, withdrawn, status)
