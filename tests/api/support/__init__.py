"""What the API tests are written with: people, a client that checks every answer, servers of their own."""
