/* What this server is, asks for and allows: so that a client draws what is there and offers nothing that is refused. */
#include "parley/api/routes.h"
#include "parley/core/build.h"
#include "parley/core/fold.h"
#include "parley/core/limits.h"
#include "parley/domain/lifecycle/setup.h"

/* ---- what goes out ---- */
/* clang-format off */
struct password_view {
    int64_t min_bytes, max_bytes;
};
static const struct field password_fields[] = {
    { "min_bytes", FIELD_INT, .offset = offsetof(struct password_view, min_bytes),
      .doc = "At least so many, in UTF-8" },
    { "max_bytes", FIELD_INT, .offset = offsetof(struct password_view, max_bytes), .doc = "In UTF-8" },
};
static const struct spec password_spec = { SPEC_INIT("PasswordRules", struct password_view, password_fields),
    .doc = "What a password must be" };

struct limits_view {
    int64_t upload_bytes, direct_upload_bytes, files_per_message, content_chars;
};
#define LIMIT_FIELD(member) #member, FIELD_INT, .offset = offsetof(struct limits_view, member)
static const struct field limits_fields[] = {
    { LIMIT_FIELD(upload_bytes), .doc = "Of a file, and of a whole request, by multipart POST" },
    { LIMIT_FIELD(direct_upload_bytes), .doc = "Of a file that goes straight to the store" },
    { LIMIT_FIELD(files_per_message), .doc = "Files in one message" },
    { LIMIT_FIELD(content_chars), .doc = "Code points of a message's text" },
};
static const struct spec limits_spec = { SPEC_INIT("ServerLimits", struct limits_view, limits_fields),
    .doc = "How large things may be" };

static const char *const registration_names[] = { "closed", "invite", "open", NULL }; /* as REGISTRATION has them */

struct server_view {
    struct str name, version, build, public_url;
    bool setup_required, mail;
    int registration;
    struct password_view password;
    struct limits_view limits;
    struct list file_types, languages, features;
};
#define SERVER_FIELD(member) .offset = offsetof(struct server_view, member)
static const struct field server_fields[] = {
    { "name", FIELD_STR, SERVER_FIELD(name), .example = "\"Parley\"", .doc = "APP_NAME" },
    { "version", FIELD_STR, SERVER_FIELD(version), .example = "\"0.1.0\"", .doc = "Of the program" },
    { "setup_required", FIELD_BOOL, SERVER_FIELD(setup_required), .doc = "True while no user exists" },
    { "registration", FIELD_ENUM, SERVER_FIELD(registration), .names = registration_names,
      .type_name = "RegistrationPolicy", .doc = "Who may make an account for themselves" },
    { "mail", FIELD_BOOL, SERVER_FIELD(mail), .doc = "It sends mail: links for a new password, invitations" },
    { "password", FIELD_OBJECT, SERVER_FIELD(password), .spec = &password_spec, .doc = "What a password must be" },
    { "limits", FIELD_OBJECT, SERVER_FIELD(limits), .spec = &limits_spec, .doc = "How large things may be" },
    { "file_types", FIELD_LIST, SERVER_FIELD(file_types), .element = FIELD_STR,
      .doc = "Endings that files may have, in lower case; * alone: any" },
    { "languages", FIELD_LIST, SERVER_FIELD(languages), .element = FIELD_STR,
      .doc = "BCP 47; in which errors and mails are written" },
    { "features", FIELD_LIST, SERVER_FIELD(features), .element = FIELD_STR,
      .doc = "What this server does; a client passes over names that it does not know" },
    { "public_url", FIELD_STR, SERVER_FIELD(public_url), .example = "\"https://chat.example.org\"",
      .doc = "Under which it is reached, without a slash at its end" },
    { "build", FIELD_STR, SERVER_FIELD(build),
      .doc = "Another one: the program was replaced. Empty where it was linked without a build ID" },
};
static const struct spec server_spec = { SPEC_INIT("Server", struct server_view, server_fields),
    .doc = "What this server is, asks for and allows" };
/* clang-format on */

/* ---- what it can do ---- */

static bool adds_at_once(const struct config *config)
{
    return config->invite_adds_at_once != 0;
}

/* A row for each thing that a client may offer only where it is there. */
static const struct feature {
    struct str name;
    bool (*is_on)(const struct config *config); /* NULL: always */
} features[] = {
    { STR_INIT("api_keys"), NULL },       { STR_INIT("audit"), NULL },
    { STR_INIT("direct_uploads"), NULL }, { STR_INIT("invite_adds_at_once"), adds_at_once },
    { STR_INIT("second_factor"), NULL },
};

static const struct str languages[] = { STR_INIT("en") };

static enum err names_add(struct ctx *ctx, struct list *list, struct str name)
{
    struct str *added = list_add(ctx->arena, list, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = name;
    return ERR_OK;
}

static enum err features_on(struct ctx *ctx, struct list *ret_list)
{
    for (size_t i = 0; i < COUNT_OF(features); i++)
        if (features[i].is_on == NULL || features[i].is_on(ctx->config))
            TRY(names_add(ctx, ret_list, features[i].name));
    return ERR_OK;
}

/* The endings of ALLOWED_FILE_TYPES as objects/filetype reads them: with or without a dot, and in any case. */
static enum err file_types(struct ctx *ctx, struct list *ret_list)
{
    struct str rest, piece;

    TRY(fold_text(ctx->arena, str_from(ctx->config->allowed_file_types), &rest));
    while (str_split(&rest, ',', &piece)) {
        piece = str_trim(piece);
        if (str_starts_with(piece, STR(".")))
            piece = str_tail(piece, 1);
        if (str_eq_c(piece, "*"))
            *ret_list = (struct list){ NULL, 0 };
        if (piece.len > 0)
            TRY(names_add(ctx, ret_list, piece));
        if (str_eq_c(piece, "*"))
            break;
    }
    return ERR_OK;
}

/* ---- handler ---- */

static enum err server_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct config *config = ctx->config;
    struct server_view view = {
        .name = str_from(config->app_name),
        .version = STR(PARLEY_VERSION),
        .build = build_id(ctx->arena),
        .public_url = str_from(config->public_url),
        .registration = (int)config->registration,
        .mail = ctx->app->mailer != NULL,
        .password = { PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES },
        .limits = { config->max_upload_size, config->max_direct_upload_size, FILES_PER_MESSAGE_MAX, CONTENT_MAX_CHARS },
        .languages = { (void *)(uintptr_t)languages, COUNT_OF(languages) },
    };

    (void)call;
    if (view.build.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(setup_required(ctx, &view.setup_required));
    TRY(file_types(ctx, &view.file_types));
    TRY(features_on(ctx, &view.features));
    spec_encode(&reply->json, &server_spec, &view);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/server", server_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .reply = &server_spec, .status = 200,
      .id = "getServer",
      .doc = "A client asks this first: it tells what may be offered and what would be refused.",
      .summary = "Say what this server is, asks for and allows", .tag = "Server" },
};
/* clang-format on */
const struct route_table server_routes = { routes, COUNT_OF(routes) };
