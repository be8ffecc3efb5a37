/* The domain's fixture with a folder store, one workspace, two of its members and a chat. */
#ifndef PARLEY_TESTS_FILES_FIXTURE_H
#define PARLEY_TESTS_FILES_FIXTURE_H

#include "domain_fixture.h"

#include "parley/domain/assist/post.h"
#include "parley/domain/talk/chat_change.h"
#include "parley/domain/talk/message_change.h"
#include "parley/domain/talk/message_edit.h"
#include "parley/domain/workspaces/workspace.h"
#include "parley/domain/workspaces/workspace_row.h"
#include "parley/objects/store.h"

struct files_fixture {
    struct domain_fixture base;
    struct caller caller;
    char objects_dir[96];
    struct user owner, member;
    struct membership of_owner, of_member;
    struct chat chat;
};

static inline struct principal principal_of(const struct user *user)
{
    return (struct principal){ .user_id = user->id, .user = user->uuid };
}

/* As somebody posts it who asks nobody. */
static inline enum err post_draft(struct ctx *ctx, const struct message_draft *draft, struct message *ret_message)
{
    struct post post;

    TRY(post_message(ctx, draft, &post));
    *ret_message = post.message;
    return ERR_OK;
}

static inline struct chat files_chat(struct files_fixture *f)
{
    const struct chat_target maker = { .m = &f->of_owner, .user_id = f->owner.id };
    const struct chat_settings settings = { .fields = CHAT_TITLE, .title = STR("Chat") };
    struct chat chat;

    assert_ok(chat_create(&f->caller.ctx, &maker, &settings, NULL, &chat));
    return chat;
}

static inline void files_fixture_store(struct files_fixture *f)
{
    struct config *config = &f->base.config;
    struct buf error_text;

    (void)snprintf(f->objects_dir, sizeof(f->objects_dir), "%s/objects", f->base.dir);
    config->objects_dir = f->objects_dir;
    config->minio_endpoint = "";
    config->public_url = "https://chat.example.org";
    config->allowed_file_types = "txt,png,zip";
    config->max_upload_size = (int64_t)MIB;
    config->max_direct_upload_size = (int64_t)(256 * MIB);
    buf_init(&error_text, 4000);
    if (store_open(config, f->base.app.keys, &error_text, &f->base.app.store) != ERR_OK)
        fail_msg("%s", error_text.ptr);
    buf_release(&error_text);
}

static inline void files_fixture_init(struct files_fixture *f)
{
    struct workspace_create_opts opts = { .name = STR("Workspace") };
    struct workspace workspace;

    fixture_init(&f->base);
    files_fixture_store(f);
    caller_init(&f->caller, &f->base);
    f->owner = fixture_user(&f->caller, "owner@example.org", USER_ROLE_USER);
    f->member = fixture_user(&f->caller, "member@example.org", USER_ROLE_USER);
    opts.user_id = f->owner.id;
    assert_ok(workspace_create(&f->caller.ctx, &opts, &workspace));
    assert_ok(member_find(&f->caller.ctx, &workspace.uuid, f->owner.id, &f->of_owner));
    fixture_join(&f->caller.ctx, f->of_owner.workspace_id, f->member.id, MEMBER_ROLE_MEMBER);
    assert_ok(member_find(&f->caller.ctx, &workspace.uuid, f->member.id, &f->of_member));
    f->chat = files_chat(f);
}

static inline void files_fixture_release(struct files_fixture *f)
{
    caller_release(&f->caller);
    store_close(f->base.app.store);
    fixture_release(&f->base);
}

/* Bytes for the store, from memory. */
struct memory_source {
    struct str left;
};
static inline enum err memory_read(void *arg, void *bytes, size_t room_bytes, size_t *ret_len)
{
    struct memory_source *source = arg;
    size_t len = source->left.len < room_bytes ? source->left.len : room_bytes;

    memcpy(bytes, source->left.ptr, len);
    source->left = str_tail(source->left, len);
    *ret_len = len;
    return ERR_OK;
}

static inline enum err files_put(struct files_fixture *f, struct incoming_files *files, const char *name,
                                 struct str bytes)
{
    struct memory_source source = { bytes };
    const struct incoming_file_opts opts = { &f->of_member, str_from(name), memory_read, &source };

    caller_next(&f->caller);
    return incoming_files_put(&f->caller.ctx, files, &opts);
}

/* How many files are below the folder of the store, whatever they are. */
static int files_count;
static inline int files_visit(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)path;
    (void)st;
    (void)ftw;
    files_count += kind == FTW_F;
    return 0;
}
static inline int files_in_store(struct files_fixture *f)
{
    files_count = 0;
    (void)nftw(f->objects_dir, files_visit, 8, FTW_PHYS);
    return files_count;
}

/* The one that the tests of a file share, and its beginning and end for cmocka. */
static struct files_fixture f;

static inline int files_setup(void **state)
{
    (void)state;
    files_fixture_init(&f);
    return 0;
}

static inline int files_teardown(void **state)
{
    (void)state;
    files_fixture_release(&f);
    return 0;
}

static inline struct message_location place_in(const struct membership *m, const struct principal *who,
                                               const struct chat *chat)
{
    return (struct message_location){ .workspace = m, .principal = who, .chat = chat->uuid };
}

/* A message of the member's. */
static inline struct message post(const struct chat *chat, const char *content)
{
    const struct principal who = principal_of(&f.member);
    const struct message_draft draft = { .location = place_in(&f.of_member, &who, chat), .content = str_from(content) };
    struct message message;

    assert_ok(post_draft(&f.caller.ctx, &draft, &message));
    return message;
}

#endif
