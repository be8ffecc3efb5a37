"""Rows by the million, written straight into the database of a server that has stopped or is idle."""
import sqlite3

# One statement per kind of database: messages `first` … `last` of a chat, all of one sender.
_SQLITE = """
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, created_us, updated_us)
WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
SELECT randomblob(16), c.workspace_id, c.id, n.i, c.created_by,
       'Message ' || n.i || ' of a chat that has been going on for a while, with a sentence or two in each.',
       c.created_us + n.i, c.created_us + n.i FROM n JOIN chats c ON c.uuid = ?
"""
_DIGITS = "WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 999)"
_MYSQL = """
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, created_us, updated_us)
{digits} SELECT RANDOM_BYTES(16), c.workspace_id, c.id, n.seq, c.created_by,
       CONCAT('Message ', n.seq, ' of a chat that has been going on for a while, with a sentence or two in each.'),
       c.created_us + n.seq, c.created_us + n.seq
FROM ({numbers}) n JOIN chats c ON c.uuid = 0x{chat} WHERE n.seq <= {last} ORDER BY n.seq
"""
# Up to a thousand, and up to a million.
_FEW, _MANY = "SELECT i + 1 AS seq FROM d", "SELECT a.i * 1000 + b.i + 1 AS seq FROM d a JOIN d b"
_COUNT = "UPDATE chats SET last_seq = {last}, message_count = {last} WHERE uuid = {chat}"


def sqlite(path, chat, first, last):
    """chat: the public id as text."""
    blob = bytes.fromhex(chat.replace("-", ""))
    with sqlite3.connect(path, timeout=60) as db:
        db.execute(_SQLITE, (first, last, blob))
        db.execute("UPDATE chats SET last_seq = ?, message_count = ? WHERE uuid = ?", (last, last, blob))
        db.execute("ANALYZE")
    # One transaction of a million rows is no server's day: without this every read would look through its log first.
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def sql(database, name, chat, last):
    """Messages 1 … last (<= 1,000,000) on MariaDB or MySQL. database: the part; name: of its database."""
    key = chat.replace("-", "")
    numbers = _FEW if last <= 1000 else _MANY
    database.query(_MYSQL.format(digits=_DIGITS, numbers=numbers, last=last, chat=key), name)
    database.query(_COUNT.format(last=last, chat="0x" + key), name)
    database.query("ANALYZE TABLE messages", name)
