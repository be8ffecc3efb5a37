/* What is told of the figures, field by field. */
#include "figures_view.h"

/* clang-format off */
#define COUNTED "When the figures were summed: at most about a minute ago"
#define VIEW(type, member, kind) kind, .offset = offsetof(struct type, member)

/* Accounts. */
#define FIGURE(name, member) name, FIELD_INT, .offset = offsetof(struct figures, member), .example = "12"
static const struct field user_counts_fields[] = {
    { FIGURE("total", user_count), .doc = "All accounts" },
    { FIGURE("active", active_count), .doc = "Those that are not switched off" },
    { FIGURE("admin", admin_count), .doc = "Those of administrators" },
    { FIGURE("twofa_enabled", twofa_count), .doc = "Those with a second factor" },
};
static const struct spec user_counts_spec = { SPEC_INIT("UserCounts", struct figures, user_counts_fields),
    .doc = "How many accounts there are" };
static const struct field user_activity_fields[] = {
    { FIGURE("recent_logins_24h", signed_in_count), .doc = "Accounts whose last sign-in is within 24 hours" },
    { FIGURE("new_users_30d", new_user_count), .doc = "Accounts that were made within 30 days" },
};
static const struct spec user_activity_spec = { SPEC_INIT("UserActivity", struct figures, user_activity_fields),
    .doc = "What happens with accounts" };
#define PERCENT(name, member) name, VIEW(users_view, member, FIELD_REAL), .example = "66.67"
static const struct field user_ratios_fields[] = {
    { PERCENT("active_ratio", active_percent), .doc = "Active accounts of a hundred" },
    { PERCENT("admin_ratio", admin_percent), .doc = "Administrators of a hundred" },
    { PERCENT("twofa_ratio", twofa_percent), .doc = "Accounts with a second factor of a hundred" },
};
static const struct spec user_ratios_spec = { SPEC_INIT("UserRatios", struct users_view, user_ratios_fields),
    .doc = "In percent, with two decimals" };
static const struct field users_fields[] = {
    { "timestamp", VIEW(users_view, figures.counted_us, FIELD_TIME), .doc = COUNTED },
    { "user_counts", VIEW(users_view, figures, FIELD_OBJECT), .spec = &user_counts_spec, .doc = "How many" },
    { "activity", VIEW(users_view, figures, FIELD_OBJECT), .spec = &user_activity_spec, .doc = "What happens" },
    { "ratios", FIELD_OBJECT, .offset = 0, .spec = &user_ratios_spec, .doc = "Shares" },
};
const struct spec figures_users_spec = { SPEC_INIT("UserFigures", struct users_view, users_fields),
    .doc = "Figures over all accounts" };

/* Workspaces. */
static const struct field workspace_counts_fields[] = {
    { FIGURE("total", workspace_count), .doc = "Workspaces, personal ones too" },
    { FIGURE("new_30d", new_workspace_count), .doc = "Those that were made within 30 days" },
};
static const struct spec workspace_counts_spec = { SPEC_INIT("WorkspaceCounts", struct figures, workspace_counts_fields),
    .doc = "How many workspaces there are" };
static const struct field workspace_averages_fields[] = {
    { "workspaces_per_user", VIEW(workspaces_view, per_user, FIELD_REAL), .example = "1.25",
      .doc = "Workspaces by accounts, with two decimals" },
};
static const struct spec workspace_averages_spec = {
    SPEC_INIT("WorkspaceAverages", struct workspaces_view, workspace_averages_fields), .doc = "Averages" };
static const struct field workspaces_fields[] = {
    { "timestamp", VIEW(workspaces_view, figures.counted_us, FIELD_TIME), .doc = COUNTED },
    { "workspace_counts", VIEW(workspaces_view, figures, FIELD_OBJECT), .spec = &workspace_counts_spec, .doc = "How many" },
    { "averages", FIELD_OBJECT, .offset = 0, .spec = &workspace_averages_spec, .doc = "Averages" },
};
const struct spec figures_workspaces_spec = { SPEC_INIT("WorkspaceFigures", struct workspaces_view, workspaces_fields),
    .doc = "Figures over all workspaces" };

/* Chats and messages. */
static const struct field chat_counts_fields[] = {
    { FIGURE("total_chats", chat_count), .doc = "Chats, direct ones too" },
    { FIGURE("total_messages", message_count), .doc = "Messages in them" },
};
static const struct spec chat_counts_spec = { SPEC_INIT("ChatCounts", struct figures, chat_counts_fields),
    .doc = "How many chats and messages there are" };
#define POSTED(name, member) name, FIELD_INT, .offset = offsetof(struct figures_posted, member), .example = "120"
static const struct field chat_activity_fields[] = {
    { POSTED("messages_24h", day_count), .doc = "Messages posted within 24 hours, to the minute" },
    { POSTED("messages_7d", week_count), .doc = "Messages posted within 7 days, to the minute" },
};
static const struct spec chat_activity_spec = { SPEC_INIT("ChatActivity", struct figures_posted, chat_activity_fields),
    .doc = "What was posted, deleted since or not" };
static const struct field chat_averages_fields[] = {
    { "messages_per_chat", VIEW(chats_view, messages_per_chat, FIELD_REAL), .example = "37.5",
      .doc = "Messages by chats, with two decimals" },
};
static const struct spec chat_averages_spec = { SPEC_INIT("ChatAverages", struct chats_view, chat_averages_fields),
    .doc = "Averages" };
static const struct field poster_fields[] = {
    { "email", VIEW(figures_poster, email, FIELD_STR), .flags = FIELD_NULLABLE, .example = "\"ann@example.org\"",
      .doc = "Whose account; null: it has no address, or a key asks, which reads nothing of anybody's" },
    { "messages", VIEW(figures_poster, message_count, FIELD_INT), .example = "1200",
      .doc = "Messages that they have posted, those too that are deleted by now" },
};
static const struct spec poster_spec = { SPEC_INIT("TopUser", struct figures_poster, poster_fields),
    .doc = "Somebody who has posted much" };
static const struct field chats_fields[] = {
    { "timestamp", VIEW(chats_view, figures.counted_us, FIELD_TIME), .doc = COUNTED },
    { "chat_counts", VIEW(chats_view, figures, FIELD_OBJECT), .spec = &chat_counts_spec, .doc = "How many" },
    { "activity", VIEW(chats_view, posted, FIELD_OBJECT), .spec = &chat_activity_spec, .doc = "What happens" },
    { "averages", FIELD_OBJECT, .offset = 0, .spec = &chat_averages_spec, .doc = "Averages" },
    { "top_users", VIEW(chats_view, posted.most, FIELD_LIST), .spec = &poster_spec, .doc = "The ten who have posted most" },
};
const struct spec figures_chats_spec = { SPEC_INIT("ChatFigures", struct chats_view, chats_fields),
    .doc = "Figures over all chats" };

/* Tokens. */
#define COUNTS_BY_NAME "\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}"
static const struct field token_counts_fields[] = {
    { "total_tokens_used", VIEW(tokens_view, used_count, FIELD_INT), .example = "0", .doc = "Of questions and answers" },
    { "tokens_remaining", VIEW(tokens_view, left_count, FIELD_INT), .flags = FIELD_NULLABLE, .example = "null",
      .doc = "Null: budgets are of money, and there is no end of tokens" },
    { "usage_by_provider", VIEW(tokens_view, by_provider, FIELD_RAW), .schema = COUNTS_BY_NAME, .example = "{}",
      .doc = "Tokens by a provider's name" },
    { "usage_by_workspace", VIEW(tokens_view, by_workspace, FIELD_RAW), .schema = COUNTS_BY_NAME, .example = "{}",
      .doc = "Tokens by a workspace's id" },
};
static const struct spec token_counts_spec = { SPEC_INIT("TokenCounts", struct tokens_view, token_counts_fields),
    .doc = "Tokens of models" };
static const struct field tokens_fields[] = {
    { "timestamp", VIEW(tokens_view, timestamp_us, FIELD_TIME), .doc = "The server's clock" },
    { "message", VIEW(tokens_view, message, FIELD_STR), .example = "\"Tokens that models have used\"",
      .doc = "What the figures are" },
    { "placeholder_data", FIELD_OBJECT, .offset = 0, .spec = &token_counts_spec,
      .doc = "The figures; the name is that of clients that are there already" },
};
const struct spec figures_tokens_spec = { SPEC_INIT("TokenFigures", struct tokens_view, tokens_fields),
    .doc = "What models have used" };

/* The machine. */
#define ROOM(member) #member, VIEW(room_view, member, FIELD_REAL), .example = "12.5"
static const struct field room_fields[] = {
    { ROOM(total_gb), .doc = "In GiB" },
    { ROOM(used_gb), .doc = "In GiB" },
    { ROOM(free_gb), .doc = "In GiB" },
    { ROOM(percent), .doc = "Used of a hundred" },
};
static const struct spec room_spec = { SPEC_INIT("RoomFigures", struct room_view, room_fields), .doc = "Memory or a disk" };
static const struct field processor_fields[] = {
    { "percent", VIEW(performance_view, system.cpu_percent, FIELD_REAL), .example = "12.5",
      .doc = "How busy the processors were while this was asked" },
    { "count", VIEW(performance_view, processors.count, FIELD_INT), .example = "4", .doc = "Processors" },
    { "frequency_mhz", VIEW(performance_view, processors.mhz, FIELD_REAL), .flags = FIELD_NULLABLE, .example = "2400",
      .doc = "Of the first one, now; null: the machine does not tell" },
};
static const struct spec processor_spec = { SPEC_INIT("ProcessorFigures", struct performance_view, processor_fields),
    .doc = "The machine's processors" };
#define NETWORK(member) #member, VIEW(machine_network, member, FIELD_INT), .example = "1048576"
static const struct field network_fields[] = {
    { NETWORK(bytes_sent), .doc = "Since the machine was started" },
    { NETWORK(bytes_recv), .doc = "Since the machine was started" },
    { NETWORK(packets_sent), .doc = "Since the machine was started" },
    { NETWORK(packets_recv), .doc = "Since the machine was started" },
};
static const struct spec network_spec = { SPEC_INIT("NetworkFigures", struct machine_network, network_fields),
    .doc = "All interfaces but the one to the machine itself" };
static const struct field performance_fields[] = {
    { "timestamp", VIEW(performance_view, timestamp_us, FIELD_TIME), .doc = "The server's clock" },
    { "cpu", FIELD_OBJECT, .offset = 0, .spec = &processor_spec, .doc = "Processors" },
    { "memory", VIEW(performance_view, memory, FIELD_OBJECT), .spec = &room_spec, .doc = "Memory" },
    { "disk", VIEW(performance_view, disk, FIELD_OBJECT), .spec = &room_spec, .doc = "The file system of VAR_DIR" },
    { "network", VIEW(performance_view, network, FIELD_OBJECT), .spec = &network_spec, .doc = "Network" },
};
const struct spec figures_performance_spec = { SPEC_INIT("PerformanceFigures", struct performance_view, performance_fields),
    .doc = "The machine of the process that answers" };

/* All of it. */
static const struct field details_fields[] = {
    { "users", VIEW(details_view, users, FIELD_OBJECT), .spec = &figures_users_spec, .doc = "As `GET /metrics/users`" },
    { "workspaces", VIEW(details_view, workspaces, FIELD_OBJECT), .spec = &figures_workspaces_spec,
      .doc = "As `GET /metrics/workspaces`" },
    { "chats", VIEW(details_view, chats, FIELD_OBJECT), .spec = &figures_chats_spec, .doc = "As `GET /metrics/chats`" },
    { "performance", VIEW(details_view, performance, FIELD_OBJECT), .spec = &figures_performance_spec,
      .doc = "As `GET /metrics/performance`" },
};
static const struct spec details_spec = { SPEC_INIT("FigureDetails", struct details_view, details_fields),
    .doc = "Each part's figures" };
#define MACHINE(name, member) \
    name, FIELD_REAL, .offset = offsetof(struct details_view, performance.system) + offsetof(struct health_system, member), \
    .example = "12.5"
static const struct field machine_fields[] = {
    { MACHINE("cpu_percent", cpu_percent), .doc = "How busy the processors were while this was asked" },
    { MACHINE("memory_percent", memory_percent), .doc = "Memory in use" },
    { MACHINE("disk_percent", disk_percent), .doc = "Of the file system of VAR_DIR, in use" },
};
static const struct spec machine_spec = { SPEC_INIT("MachineSummary", struct details_view, machine_fields),
    .doc = "The machine in three numbers" };
#define TOTAL(name, member) \
    name, FIELD_INT, .offset = offsetof(struct details_view, users.figures) + offsetof(struct figures, member), \
    .example = "12"
static const struct field totals_fields[] = {
    { TOTAL("users", user_count), .doc = "Accounts" },
    { TOTAL("workspaces", workspace_count), .doc = "Workspaces, personal ones too" },
    { TOTAL("chats", chat_count), .doc = "Chats, direct ones too" },
    { "system_health", FIELD_OBJECT, .offset = 0, .spec = &machine_spec, .doc = "The machine" },
};
static const struct spec totals_spec = { SPEC_INIT("FigureTotals", struct details_view, totals_fields),
    .doc = "What matters most" };
static const struct field summary_fields[] = {
    { "timestamp", VIEW(details_view, users.figures.counted_us, FIELD_TIME), .doc = COUNTED },
    { "summary", FIELD_OBJECT, .offset = 0, .spec = &totals_spec, .doc = "What matters most" },
    { "details", FIELD_OBJECT, .offset = 0, .spec = &details_spec, .doc = "Each part's figures" },
};
const struct spec figures_summary_spec = { SPEC_INIT("FigureSummary", struct details_view, summary_fields),
    .doc = "All figures together" };
/* clang-format on */
