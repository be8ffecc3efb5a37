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
_MYSQL = """
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, created_us, updated_us)
SELECT RANDOM_BYTES(16), c.workspace_id, c.id, n.seq, c.created_by,
       CONCAT('Message ', n.seq, ' of a chat that has been going on for a while, with a sentence or two in each.'),
       c.created_us + n.seq, c.created_us + n.seq FROM seq_{first}_to_{last} n JOIN chats c ON c.uuid = 0x{chat}
"""
_FEW = """
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, created_us, updated_us)
WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < {last})
SELECT RANDOM_BYTES(16), c.workspace_id, c.id, n.seq, c.created_by,
       CONCAT('Message ', n.seq, ' of a chat that has been going on for a while, with a sentence or two in each.'),
       c.created_us + n.seq, c.created_us + n.seq FROM n JOIN chats c ON c.uuid = 0x{chat}
"""
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


def few(database, name, chat, last):
    """Messages 1 … last (<= 1000) on MariaDB or MySQL."""
    key = chat.replace("-", "")
    database.query(_FEW.format(last=last, chat=key), name)
    database.query(_COUNT.format(last=last, chat="0x" + key), name)
    database.query("ANALYZE TABLE messages", name)


def mariadb(database, name, chat, first, last):
    """database: the part; name: of its database. MariaDB's sequence tables make the rows."""
    key = chat.replace("-", "")
    database.query(_MYSQL.format(first=first, last=last, chat=key), name)
    database.query(_COUNT.format(last=last, chat="0x" + key), name)
    database.query("ANALYZE TABLE messages", name)
