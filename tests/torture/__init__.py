"""Torture of what is live: writers, readers that come back, and everything below them killed, stopped, emptied.

  plan      on what it runs (LEGS), and what is done to it there
  client    one connection each, without retries
  world     people, chats, what has been acknowledged
  writers   post, edit, delete, react, pin, rename, type
  readers   read a stream, leave at random, come back with their last id
  faults    what is done to the servers
  judge     the log against the writers, each reader against the log
  run       all of it together; main: `./dev torture live`
"""
