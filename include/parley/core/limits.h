/* Every maximum, with its unit and its reason. What an operator may change is a setting instead (core/config.h). */
#ifndef PARLEY_CORE_LIMITS_H
#define PARLEY_CORE_LIMITS_H

#include <stddef.h>

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

enum {
    /* Text, in code points */
    NAME_MAX_CHARS = 255, /* titles, workspace names, file names: what the seeds' tables held */
    PERSON_NAME_MAX_CHARS = 100,
    PUSH_ENDPOINT_MAX_BYTES = 2048,      /* of a push service; those that there are take less than 600 */
    TIMEZONE_MAX_CHARS = 64,             /* "America/Argentina/ComodRivadavia" has 32 */
    USERNAME_MAX_CHARS = 64,             /* as the dialects allow */
    SENDER_NAME_MAX_CHARS = 64,          /* of a sender who is no user: a webhook's */
    EMAIL_MAX_BYTES = 254,               /* RFC 5321 §4.5.3.1.3 less the angle brackets */
    CONTENT_MAX_CHARS = 100000,          /* a message; API.md */
    DRAFT_MAX_CHARS = CONTENT_MAX_CHARS, /* what somebody has begun to write in a chat */
    STATUS_MAX_CHARS = 100,              /* what somebody says of themselves at present: a line beside a name */
    EMOJI_MAX_BYTES = 63,      /* the longest of Unicode 15.1 has 35; with a sign it fits into an event's detail */
    PROMPT_MAX_CHARS = 32000,  /* a system prompt */
    KEY_NOTE_MAX_CHARS = 2000, /* what an API key is for; the audit log holds it twice when it changes */
    PASSWORD_MIN_BYTES = 8,
    PASSWORD_MAX_BYTES = 72,            /* bcrypt cuts there */
    LINK_TOKEN_OFFERED_MAX_CHARS = 200, /* longer than any, so that what is none is answered as an unknown one */
    PREFERENCES_MAX_BYTES = 16384,      /* of one person, as JSON; API.md */
    USER_AGENT_MAX_BYTES = 255,
    CLIENT_ADDRESS_MAX_BYTES = 64, /* of an IP address as text, with room for a zone */
    IDEMPOTENCY_KEY_MAX = 128,     /* characters; API.md */

    /* Counts */
    FILES_PER_MESSAGE_MAX = 20,
    MENTIONS_MAX = 50,                    /* names of a message that are looked up; API.md */
    REACTION_KINDS_MAX = 50,              /* of one message */
    PINS_MAX = 100,                       /* of one chat */
    PUSH_SUBSCRIPTIONS_PER_USER_MAX = 20, /* browsers; the oldest goes when one more comes */
    WEBHOOKS_PER_CHAT_MAX = 20,           /* of all its members */
    DIRECT_PEOPLE_MAX = 8,                /* besides oneself */
    PICTURE_SIDE_MAX = 1000000,           /* pixels; a hint for layout */
    SCHEDULED_MAX = 100,                  /* messages of one person that wait for their time; API.md */
    SAVED_MAX = 10000,                    /* messages that one person keeps; they are counted at each */
    MESSAGE_PARTS_AT_ONCE = 50, /* messages whose files, reactions or mentions one statement reads: a page of them */
    PAGE_DEFAULT = 50,
    PAGE_MAX = 200,
    AUTH_CACHE_ENTRIES = 4096,    /* 1.6 MiB of principals, touched as they are needed */
    ACCESS_CACHE_ENTRIES = 8192,  /* 1.8 MiB of callers in chats, touched as they are needed */
    AUTHOR_CACHE_ENTRIES = 4096,  /* 1.2 MiB of names, touched as they are needed */
    API_KEYS_PER_USER_MAX = 1000, /* active ones; programs that make keys for others own them all */
    CIDR_LIST_MAX = 64,           /* addresses and networks of one key, looked through at each request */
    SESSIONS_PER_USER_MAX = 100,  /* the oldest ends when one more signs in */
    RESETS_OPEN_MAX = 3,          /* links for a new password that one user may have: asking again floods nobody */
    EMAIL_CHANGES_OPEN_MAX =
        5,                   /* links for another address: a typing error or two, and no way to mail many strangers */
    CHALLENGE_WRONG_MAX = 5, /* wrong codes end a sign-in; API.md */
    SECOND_FACTOR_WRONG_MAX = 10, /* wrong codes of one user, over all sign-ins, then the lock */
    WORKSPACES_PER_USER_MAX = 1000,
    MEMBERS_PER_WORKSPACE_MAX = 10000,
    OWNERS_LISTED_MAX = 20,   /* of each workspace, where administrators look at many */
    DESERTED_LISTED_MAX = 50, /* workspaces that are left without an owner who can act, in the answer that says so */
    UPLOAD_PARTS_MAX = 10000, /* S3's own */
    UPLOADS_PENDING_PER_USER_MAX = 100,
    INVITATIONS_PENDING_MAX = 1000, /* per workspace */
    INVITATION_DAYS_MAX = 90,       /* life of an invitation */
    INVITATION_DAYS_STANDARD = 7,
    RETENTION_DAYS_MAX = 36500,  /* 100 years */
    TEMPERATURE_MAX = 2,         /* what providers take */
    ANSWER_TOKENS_MAX = 1000000, /* more than any model gives */
    CHAT_PREVIEW_CHARS = 200,    /* of the newest message, in lists of chats */
    OBJECT_BATCH_MAX = 20,       /* objects or attachments that one statement names; not below FILES_PER_MESSAGE_MAX */
    ERASE_BATCH_ROWS = 500,      /* rows that one transaction of the erasing jobs removes, so that nobody waits long */
    AUDIT_VERIFY_MAX_MS = 1000,  /* of one request that walks along the audit log's chain; then it is asked on */
    AUDIT_SEAL_BATCH_ROWS = 200, /* rows of the audit log that one transaction seals */
    CHAT_MOVE_MESSAGES_MAX = 100000, /* a larger chat is not moved: one transaction must do it */
    CHAT_FORK_MESSAGES_MAX = 10000,  /* no more are taken over: one transaction must do it, while nobody posts there */
    CHAT_FORK_FILES_MAX = 2000,      /* of these messages: each is a statement of that transaction */

    /* Request parsing */
    JSON_DEPTH_MAX = 32,
    PATH_MAX_BYTES = 2048,
    QUERY_PARAMS_MAX = 32,
    BODY_PACE_BYTES = 65536,  /* 2 KiB/s: less than any line that people upload over */
    REFUSAL_MAX_BYTES = 4096, /* a refusal as a header for nginx, whose buffer for one answer's headers holds 8 KiB */
    HEADERS_BYTES_MAX = 65536,
    PATH_PARAMS_MAX = 4,
    MULTIPART_PARTS_MAX = 64,           /* 20 files and the fields around them */
    MULTIPART_HEADERS_MAX_BYTES = 8192, /* of one part: 255 characters of four bytes, plain and percent-encoded */
    TOKEN_MAX_BYTES = 4096,             /* an access token is about 800 */
    MASTER_API_KEY_MIN_BYTES = 16,
    API_KEY_MAX_BYTES = 200, /* one of ours has 51; MASTER_API_KEY may be longer */

    /* Files and lines of our own */
    SEAL_KEYS_MAX = 4,           /* sealing keys that still open; a rotation removes those before the last one */
    KEYS_LIVE_MAX = 16,          /* public keys that verify; one more per rotation */
    ENV_FILE_MAX_BYTES = 262144, /* an env file is a page or two */
    LOG_LINE_MAX_BYTES = 4000,   /* below PIPE_BUF, so that a line reaches a pipe in one piece */

    /* Times */
    SEND_IDLE_MAX_S = 60,   /* nginx that takes nothing of an answer for longer is given up */
    BODY_IDLE_MAX_S = 30,   /* a client silent for longer in the middle of a body is cut off */
    BODY_PACE_S = 30,       /* and one that sends less than BODY_PACE_BYTES in so long */
    UPLOAD_LOOK_S = 5,      /* how often it is asked, while bytes come, whether the upload still stands */
    DB_RETRY_MAX_MS = 5000, /* db_run's retries end after it */
    DB_LEASE_WAIT_MAX_MS = 5000,
    DB_RETRY_PAUSE_MAX_MS = 200, /* between two runs of a transaction; random below it, growing */
    DB_LOCK_WAIT_MAX_S = 2,      /* one statement waits this long for a row or for SQLite's writer in another process */
    DB_RECONNECT_PAUSE_MS = 500, /* after a failed connect nobody tries for so long */
    DB_IDLE_CLOSE_MS = 60000,    /* idle connections above DB_POOL_MIN_SIZE are closed after it */
    HEALTH_COUNT_MAX = 100000,   /* /health/database counts no further, so that it costs the same on a large server */
    FIGURES_EVENTS_MAX = 5000,   /* events that one step of summing figures takes: some tens of milliseconds */
    FIGURES_MOST_MAX = 10,       /* of who has posted most, as the contract of /metrics/chats has it */
    HEALTH_LOOK_MS = 100,        /* between two looks at the processors: ten of the kernel's ticks on each */
    DB_PING_MAX_S = 2,           /* readiness; and an answer to who follows the event log */
    DB_RELAY_WAIT_MAX_S = 1,     /* the relay waits so long for another process's step; it goes on by itself then */
    DB_RELAY_ROWS_MAX = 500,     /* events that one step moves: some milliseconds */
    DB_FAULT_MAX_BYTES = 1024,   /* a line for the operator */
    MIGRATION_WAIT_MAX_S = 60,   /* others wait so long for the one that migrates */
    CLUSTER_LOCK_LIFE_S = 3600,  /* it keeps the lock of a cluster so long: no statement of a step may take longer */
    STOP_MAX_S = 10,             /* SIGTERM: what runs is given this long */
    /* A server that is stopping ends a second after STOP_MAX_S at the latest, unless it still waits for a slow disk. */
    DATABASE_LOCK_MAX_S = 3 * STOP_MAX_S,
    ACCESS_CACHE_S =
        3600, /* then an entry of access_cache.h or author_cache.h makes room first; it is proved each time */
    CACHE_MAX_MS = 1000, /* the oldest answer that a cache in the process may give */
    IDEMPOTENCY_KEPT_HOURS = 24,
    RATE_KNOWN_DAYS = 30, /* an address from which somebody has signed in to an account is known there so long */
    SESSION_TOUCH_S = 60, /* how often a session's last use is written down */
    API_KEY_TOUCH_S = 60, /* how often a key's last use, and its last refusal, is written down */
    API_KEY_GRACE_MAX_S = 2592000, /* 30 days for a replaced key */
    SESSION_KEPT_S = 86400, /* rows of ended sessions, for whoever looks into an incident; then the job deletes them */
    CHALLENGE_LIFE_S = 300, /* between the password and the second step of a sign-in; API.md */
    SECOND_FACTOR_LOCK_S = 900, /* with SECOND_FACTOR_WRONG_MAX: 960 guesses a day at a million codes */
    REFRESH_GRACE_S = 10,       /* the rotated refresh token still answers for two tabs */
    SCHEDULE_MIN_S = 60,        /* a message is sent at once, or so much later at least; API.md */
    SCHEDULE_MAX_DAYS = 366,    /* and a year at most, whichever */
    RESET_LIFE_S = 3600,        /* of a link for a new password; mail may take its time */
    EMAIL_CHANGE_LIFE_S = 3600, /* of a link for another address */

    /* Connections that wait: streams and parked requests */
    STREAM_COMMENT_S = 20,     /* proxies close what is silent for 30 s or more */
    STREAM_HELD_MAX_S = 5,     /* rights that could not be looked at for so long: the stream comes back */
    STREAM_CLOSING_MAX_S = 10, /* for the last event of a slow reader */
    STREAM_STALLS_MAX = 3,     /* comments in a row for which a slow reader had no room: a minute, then it is cut off */
    STREAM_RETRY_MIN_MS = 500, /* before a client comes back, so that not all come at once… */
    STREAM_RETRY_MAX_MS = 4500, /* …10,000 of them take 3 s of a processor */
    STREAM_RETRY_MS = 1000,     /* where a stream breaks off without a word */
    STREAM_RETRY_AFTER_S = 10,  /* of a refused stream: others may have ended by then */
    STREAM_ID_MAX_CHARS = 64,   /* of a Last-Event-ID: what is longer is none of ours */
    STREAM_ENDS_PER_S = 2000,   /* at the stop */
    STREAM_STOP_PARKED_S = 2,   /* parked requests have so long at the stop for an answer */
    STREAM_DESCRIPTORS_KEPT =
        512,                  /* below RLIMIT_NOFILE, for requests, the database and files: at it all requests hang */
    READER_SILENT_MAX_S = 6,  /* a look at the log works each 0.5 s; after 5 s without one the reader says so itself */
    TYPING_S = 3,             /* of one person in one chat it is told once in so long */
    TYPING_MEMBERS_MAX = 200, /* in larger chats nobody is told who is writing */
    READ_MEMBERS_MAX = 20,    /* and in larger ones than these nobody is told how far others have read */
    SIGNAL_MEMBERS_MAX = 200,
    HUB_SIGNALS_MAX = 1024, /* typing, presence and deltas that wait for the hub */
    SIGNAL_LOOK_MS = 100,   /* between two looks at what other processes tell, and two writes of what they are told */
    SIGNAL_ROWS_MAX = 64,   /* in one of them: 640 a second of a process */
    SIGNAL_BEHIND = 64,     /* rows that are committed late are still seen, so far below the last */
    SIGNAL_FRESH_S = 3,     /* who begins to look is told what is so old: a while after others have begun to tell */
    SIGNAL_LIFE_S = 7,      /* what is older is told nobody */
    SIGNAL_KEPT_S = 15,     /* then the job deletes its row */
    SIGNAL_EXPIRE_ROWS = 5000,
    NODE_BEAT_S = 10,             /* a process with open streams says so */
    NODE_LIFE_S = 35,             /* … or is taken to be dead: three beats missed, and restarts take less */
    PRESENCE_LEAVES_S = 10,       /* without a stream: whoever only changes networks is back by then */
    PRESENCE_ACTIVE_S = 30,       /* somebody's activity is noted so often */
    PRESENCE_AWAY_S = 630,        /* 10 minutes (API.md) without activity, and what was not noted of it */
    PRESENCE_TELL_S = 2,          /* a workspace hears of all its people at once, so often */
    PRESENCE_MEMBERS_MAX = 500,   /* larger ones are told nothing and ask: each change would reach everybody */
    PRESENCE_STEP_MAX = 500,      /* people who are written down in one step: 10,000 after a restart take 40 s */
    PRESENCE_TOLD_MAX = 200,      /* … of whom it is told in one: others wait for the next */
    PRESENCE_WAITING_MAX = 16384, /* of whom it waits to be told; more are not, and are seen by who asks */
    PRESENCE_ASKED_MAX = 200,
    PARKED_MAX = 1000,
    PARKED_MAX_S = 590,                /* nginx gives up at 600 */
    PARKED_UNREAD_BYTES = 262144,      /* of a stream of an answer: then whoever writes it pauses… */
    PARKED_UNREAD_MAX_BYTES = 1048576, /* …or is cut off */

    /* Jobs */
    JOB_SLICE_S = 2,          /* then others of its lane are looked at: a mail is not due more often than that */
    JOB_GATHER_MS = 250,      /* from a commit to a job whose one transaction serves many of them */
    JOB_LEASE_S = 60,         /* a job whose host has died is free after it */
    JOB_LEASE_RENEW_S = 20,   /* while it works */
    AUDIT_ERASE_AGAIN_S = 10, /* a deleted user's requests have ended by then; their last rows are erased */
    JOB_RETRY_S = 10,         /* a job that failed looks again, or sooner if it looks more often anyway */

    /* Mail */
    MAIL_ATTEMPTS_MAX = 24,  /* with the pauses below: about 17 hours, a night without a mail server */
    MAIL_RETRY_FIRST_S = 10, /* after the first failure; twice as long after each further one … */
    MAIL_RETRY_MAX_S = 3600, /* … up to this */
    MAIL_CHECK_UP_S = 600,   /* the mail server is asked so often whether it is there, while it is … */
    MAIL_CHECK_DOWN_S = 30,  /* … and while it is not */
    MAIL_CLAIM_S = 300,      /* a mail whose sender died is tried again after it; longer than SMTP_CALL_MAX_MS */
    MAIL_KEPT_DAYS = 7,    /* rows of mails that were sent or given up, for whoever looks into it; without their text */
    NOTICE_PUSH_S = 10,    /* a message that is read by then is not told to browsers, */
    NOTICE_ACTIVE_S = 60,  /* nor one to somebody who did something so lately */
    NOTICE_MAIL_MIN = 15,  /* what is unread after it stands in a mail */
    NOTICE_RETRY_S = 60,   /* what no push service of theirs has taken is tried again after it, */
    NOTICE_TRIES_MAX = 15, /* so often */
    NOTICE_TELL_MAX_S = 15,        /* for all browsers of one person together */
    NOTICE_LIFE_HOURS = 24,        /* a browser that is off so long is told no more */
    NOTICE_MAIL_CHATS_MAX = 30,    /* of one mail, which tells that there are more */
    NOTICE_MAIL_NAME_CHARS = 60,   /* of a chat or workspace in it */
    NOTICE_MAIL_MAX_BYTES = 16384, /* its lines; as a mail has them (quoted-printable) up to three times as long */
    PUSH_BACKOFF_S =
        60, /* a push service that has not taken one is tried again after it, doubled with each failure in a row */
    PUSH_BACKOFF_DOUBLED_MAX = 7, /* up to an hour */
    PUSH_CONNECT_MAX_MS = 5000,
    PUSH_CALL_MAX_MS = 10000, /* one message to one browser */
    SMTP_CONNECT_MAX_MS = 10000,
    SMTP_SILENT_MAX_S = 20,   /* for one answer: some servers let strangers wait before they greet */
    SMTP_CALL_MAX_MS = 60000, /* one mail in all */

    /* Files */
    DOWNLOAD_REDIRECT_S = 60,      /* life of the address that a download is sent to */
    DOWNLOAD_URL_MAX_S = 3600,     /* of one that a client asks for */
    UPLOAD_PUT_LIFE_S = 3600,      /* of a direct upload in one PUT */
    UPLOAD_PARTS_LIFE_S = 86400,   /* of one in parts */
    UPLOAD_CLAIM_MAX_S = 900,      /* a completion that has not ended by then is taken to be dead */
    UPLOAD_UNKNOWN_MAX_S = 3600,   /* an object of a request that never came back is deleted after it */
    ATTACHMENT_UNBOUND_HOURS = 24, /* a completed upload that no message took goes then */

    /* Going out */
    EGRESS_IDLE_MAX = 64,             /* idle connections kept for one service */
    EGRESS_SILENT_MAX_S = 30,         /* a peer that moves no byte for longer is given up */
    EGRESS_KEPT_BODY_BYTES = 4194304, /* of a reply held in memory; S3's longest list of parts has 0.3 MiB */
    EGRESS_BUFFER_BYTES = 262144,     /* curl's buffer in each direction while a body streams */
    EGRESS_EXPECT_BYTES = 1048576,    /* from here on a body that streams waits for the peer's "100 Continue" */
    LOOP_STREAMS_MAX = 100,           /* calls on one connection of HTTP/2: so many are lost with it at most */
    LOOP_CONNECTION_MAX_S = 3000,     /* large front ends end connections at an hour, with what runs on them */
    LOOP_IDLE_MAX = 64,               /* connections kept */
    LOOP_UPLOAD_BYTES = 16384, /* curl's buffer for a body, the least that it takes: each open answer holds one */
    LOOP_STALE_MAX_MS = 2000,  /* a kept connection that dies later than this may have had the request worked on */
    STORE_KEY_MAX_BYTES = 200,
    STORE_UPLOAD_ID_MAX_BYTES = 1024, /* S3 gives no bound; MinIO's are 200, AWS's 130 */
    STORE_CONNECT_MAX_MS = 5000,
    STORE_CALL_MAX_MS = 30000, /* a call that moves no object */
    STORE_PING_MAX_MS = 2000,
    STORE_HUNG_MAX_S = 5,       /* for an answer of a store that hung just now */
    STORE_HUNG_KEPT_S = 60,     /* so long it is taken to hang, unless it answers */
    STORE_UPLOAD_KEPT_DAYS = 7, /* parts of a direct upload that nobody touched for longer are swept */

    /* Assistants */
    PROVIDERS_MAX = 100,           /* of the server, and of one workspace */
    PROVIDER_NAME_MAX_CHARS = 64,  /* chats name it */
    PROVIDER_URL_MAX_BYTES = 1000, /* a base address; a path of its own is put behind it */
    PROVIDER_KEY_MAX_BYTES = 2048, /* those that there are take less than 300; tokens of clouds are longer */
    PROVIDER_KEY_SHOWN = 4,        /* its last characters, of one that is at least four times as long */
    PROVIDER_PARALLEL_MAX = 1000,
    PROVIDER_TIME_MAX_S = 3600,     /* of each timer; engines on a CPU need a quarter of that */
    MODELS_PER_PROVIDER_MAX = 1000, /* the largest list that there is has some 500 */
    MODEL_TOKENS_MAX = 100000000,   /* of a window; the largest are of some millions */
    AI_PROBE_MODELS_MAX = MODELS_PER_PROVIDER_MAX,
    AI_PROBE_CONNECT_MAX_MS = 1500,
    AI_PROBE_CALL_MAX_MS = 2500, /* one of two: an administrator waits for both */
    PROVIDERS_LOOK_MS = 1000,    /* a process looks so often whether a provider or model has changed */
    PROMPTS_PER_WORKSPACE_MAX = 500,
    PROMPT_NAME_MAX_CHARS = 64,
    USAGE_DAYS_MAX = 366,   /* of one report */
    TOKEN_SHARES_MAX = 200, /* providers, and workspaces, that are told of with their tokens: those that used most */
    USAGE_ROWS_MAX = 1000,  /* of one report, those that cost most */

    /* Wake-ups between processes */
    BUS_SUBSCRIPTIONS_MAX = 16,
    BUS_CHANNEL_MAX_BYTES = 60,
    BUS_REALM_MAX_BYTES = 32,
    BUS_QUEUE_MAX_BYTES = 1048576, /* messages that wait for Redis: more than a second of the busiest server's */
    BUS_PUBLISH_MAX_MS = 200,      /* the bus's thread waits so long for Redis to take them, then it is away */
    BUS_SPEND_TURN_MAX_MS = 15,    /* a request waits so long for its turn to ask Redis for a token, */
    BUS_SPEND_ANSWER_MAX_MS = 35,  /* and so long for the answer, then it goes by its own process's count */
    BUS_CONNECT_MAX_MS = 2000,
    BUS_PING_MS = 5000,        /* a silent connection is asked whether it lives; it has as long to answer */
    BUS_BACKOFF_MAX_MS = 5000, /* between two tries to connect, growing up to it */

    /* The event log */
    EVENT_BATCH_MAX = 64,       /* rows that its reader takes at a time; lists of ? in events.sql are as long */
    EVENT_LOOK_MS = 50,         /* it is looked at so often while streams are open, */
    EVENT_LOOK_SELDOM_MS = 500, /* and so often while none is: wake-ups that were lost cost no more */
    EVENT_RELAY_TRUST_MS =
        250,                 /* on a cluster: what the relay for all has not moved between two such looks, others do */
    EVENT_RELAY_LEASE_S = 6, /* and another is the relay so long after the last sign of life, */
    EVENT_RELAY_RENEW_S = 2, /* of which it gives one so often */
    EVENT_SILENCE_MAX_MS = 5000,   /* a log that cannot be read for so long ends all streams */
    EVENT_DATA_MAX_BYTES = 65536,  /* one event's data; a longer text is told without its content */
    EVENT_REPLAY_MAX = 1000,       /* events that are told to one who comes back; more: it reads everything again */
    EVENT_REPLAY_LOOK_MAX = 10000, /* rows that are looked at for that */
    EVENT_EXPIRE_ROWS = 5000,      /* old rows that one statement deletes */

    /* Search */
    SEARCH_QUERY_MAX_CHARS = 500,  /* as typed */
    SEARCH_ROWS_MAX = 50000,       /* of the index that one search looks at, */
    SEARCH_MAX_MS = 2000,          /* and how long; then it is gone on with by a cursor */
    SEARCH_COUNT_MAX = 1000,       /* messages that have a word are counted so far, to begin with the rarest word */
    INDEX_BATCH_ROWS = 200,        /* messages whose words one transaction of the job writes, */
    INDEX_BATCH_WORDS = 50000,     /* and after so many words it takes no further message */
    WORDS_PER_MESSAGE_MAX = 20000, /* different ones; natural texts of CONTENT_MAX_CHARS have fewer */

    /* Exports */
    EXPORTS_MAX = 2,           /* under way at once in a process, of different people: each holds a worker for long */
    EXPORT_WAIT_MS = 1000,     /* for a place: one that was just read to its end is free in a moment */
    EXPORT_LOOK_MS = 200,      /* how often it is asked, while one goes out, whether its reader still may */
    EXPORT_RETRY_AFTER_S = 10, /* where they are all taken */
    EXPORT_MESSAGES = 200,     /* that one piece reads, … */

    /* Assistants */
    AI_IMAGES_MAX = 8,            /* of one question */
    AI_CALLS_MAX = 64,            /* calls of tools in one answer */
    AI_TRACE_MAX_BYTES = 64,      /* a request's id, a traceparent */
    AI_QUEUE_MAX = 256,           /* questions that wait for one provider */
    AI_QUEUE_WAIT_MAX_S = 60,     /* so long one waits */
    AI_PER_USER_MAX = 4,          /* answers of one user that a provider is asked for at once */
    AI_ATTEMPTS_MAX = 3,          /* models that are asked for one answer */
    AI_USAGE_WAIT_MS = 2000,      /* for the usage behind a finish: some providers tell none, and never close */
    AI_RETRY_AFTER_MAX_MS = 5000, /* a provider that wants more patience is not asked again */
    AI_JITTER_MS = 250,           /* of a second attempt, which is not made by all at once */
    AI_ERROR_BODY_BYTES = 16384,  /* of a reply that is no answer, so much is looked at */
    AI_BREAKER_ROW = 5,           /* so many faults one after the other open a provider's breaker… */
    AI_BREAKER_SEEN_MIN = 20,     /* …or half of so many attempts or more… */
    AI_BREAKER_WINDOW_S = 30,     /* …in so long */
    AI_BREAKER_OPEN_S = 15,       /* the first time; then doubled */
    AI_BREAKER_OPEN_MAX_S = 300,
    AI_BREAKER_KEY_S = 60,              /* where the key was refused */
    ANSWER_TOKENS_DEFAULT = 4096,       /* where neither chat nor model says how long an answer may be */
    CONTEXT_TOKENS_DEFAULT = 32768,     /* of a model of whose window nothing is known: most have more by now */
    CONTEXT_MESSAGES_MAX = 1000,        /* that a model is shown, however large its window is */
    CONTEXT_FILE_MAX_BYTES = 100 * KIB, /* of text, that is shown to a model; of a longer one only its name */
    AI_BODY_MAX_BYTES = 16 * MIB,       /* of a question: more than the largest windows take */
    GROWTH_BYTES = 8 * MIB,             /* of answers that have grown, written down in one transaction */
    RECORDER_LAST_S = 3,                /* in which the last answers are written down when the process stops */
    ALTERNATIVES_MAX = 20,              /* of one answer */
    ANSWER_LEASE_S = 20,                /* whose process has not been heard of for so long is taken for dead */
    ANSWER_TEXT_MAX_BYTES = 4 * CONTENT_MAX_CHARS, /* as the longest that a person can write; what is longer is cut */
    ANSWER_REASONING_MAX_BYTES = 64 * KIB,         /* the rest is not kept: pages and exports have to hold many */

    /* Queues */
    UPLOAD_RETRY_AFTER_S = 5, /* half the workers take uploads already */
    GROUP_COMMIT_MAX = 64,    /* transactions in one commit on SQLite: the first waits for the last */
    HASH_QUEUE_MAX = 64,      /* password hashing waits here, then 503 */
};

/* A price, a budget: in millionths; a thousand million units. */
#define MONEY_MAX_MICROS (INT64_C(1000000000) * 1000000)
/* … or fewer, of so many bytes of text: six times as much where each letter is escaped. */
#define EXPORT_TEXT_BYTES ((int64_t)(4 * MIB))
/* A piece of a file in an archive. */
#define EXPORT_FILE_BYTES ((int64_t)(1 * MIB))
/* Members of chats that are not for a whole workspace: a million. */
#define EVENT_MEMBERS_BYTES (8 * MIB)
/* Events that are told to one who comes back, as they are sent. */
#define EVENT_REPLAY_BYTES (8 * MIB)
/* Memory of one request; one page of 200 messages of 100,000 characters does not fit and gets a clean 503. */
#define REQUEST_ARENA_BYTES (32 * MIB)
/* A message of the greatest length, each letter of it as \uXXXX\uXXXX, and what stands around it. */
#define BODY_MAX_BYTES (12 * CONTENT_MAX_CHARS + 128 * KIB)
/* What a multipart request may have on top of MAX_UPLOAD_SIZE: its fields and the lines around its files. */
#define MULTIPART_FIELDS_MAX_BYTES (1 * MIB)
#define REPLY_MAX_BYTES (64 * MIB)
/* Details of a row of the audit log, and a whole row as it is hashed: what a MEDIUMTEXT can hold, and some air. */
#define AUDIT_DETAILS_MAX_BYTES (64 * KIB)
#define AUDIT_LINK_MAX_BYTES (17 * MIB)
/* Free room of a disk below which it is said to be degraded, and down: what a busy day writes, and what one request may. */
#define DISK_LOW_BYTES ((int64_t)(256 * MIB))
#define DISK_FULL_BYTES ((int64_t)(16 * MIB))
/* `parley doctor` reads through a SQLite file up to this size, which takes seconds. */
#define DOCTOR_READ_MAX_BYTES ((int64_t)(1024 * MIB))
/* A mail as it is sent: a short text with a link in it; and the settings of mail. */
#define MAIL_MESSAGE_MAX_BYTES (64 * KIB)
#define MAILER_ARENA_BYTES (32 * KIB)
/* A worker keeps a buffer of this size for the next reply; what a larger one needed is given back. */
#define REPLY_KEPT_BYTES (64 * KIB)
/* Buckets of the rate limits: 1,400,000 addresses at once. */
#define RATE_TABLE_MAX_BYTES (29 * MIB)
/* Stack of a worker: name resolution and TLS take the most; only touched pages cost memory. */
#define WORKER_STACK_BYTES (512 * KIB)
/* Stack of a thread that only looks at things now and then. */
#define WATCH_STACK_BYTES (64 * KIB)
/* Plain text of a direct upload is read once more up to this size, to know whether it is UTF-8. */
#define TEXT_CHARSET_MAX_BYTES ((int64_t)(16 * MIB))
/* A single presigned PUT; larger direct uploads go in parts. */
#define SINGLE_PUT_MAX_BYTES ((int64_t)(64 * MIB))
/* Parts of a direct upload have at least this size; more where there would be too many of them. */
#define UPLOAD_PART_MIN_BYTES ((int64_t)(16 * MIB))
/* Piece in which files are moved between socket, disk and store. */
#define COPY_CHUNK_BYTES (256 * KIB)
/* store_put to S3 holds two such parts in memory while it runs; times UPLOAD_PARTS_MAX it is the largest object: 58 GiB. */
#define STORE_PUT_PART_BYTES (6 * MIB)
/* One event of a provider's stream, and an answer with its reasoning and calls; what is longer is cut and says so. */
#define AI_EVENT_MAX_BYTES (1 * MIB)
#define AI_ANSWER_MAX_BYTES (4 * MIB)
/* What reading one event takes beside the parser's tree: a copy in which each byte has become three. */
#define AI_SCRATCH_BYTES (4 * MIB)
/* Tokens that a provider can say it has used; more is a mistake that nobody is to pay for. */
#define AI_TOKENS_MAX ((int64_t)1000000000)

#endif
