#include "password_prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "parley/core/secret.h"

/* One line without its end. Byte by byte, so that nothing behind it is taken. */
static enum err read_line(int fd, struct buf *out)
{
    char c = '\0';
    ssize_t got;

    for (;;) {
        got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || c == '\n')
            break;
        buf_add_byte(out, c);
    }
    if (out->len > 0 && out->ptr[out->len - 1] == '\r')
        out->ptr[--out->len] = '\0';
    return got < 0 || out->len == 0 ? ERR_INVALID : buf_check(out);
}

static void say(int fd, const char *text)
{
    (void)!write(fd, text, strlen(text));
}

/* Waits for typing. False when a signal came instead; it stays pending. */
static bool wait_typing(int fd, int signal_fd)
{
    struct pollfd polled[] = { { .fd = fd, .events = POLLIN }, { .fd = signal_fd, .events = POLLIN } };

    while (poll(polled, COUNT_OF(polled), -1) < 0 && errno == EINTR)
        continue;
    return polled[1].revents == 0;
}

/* With the echo off. The signals are blocked, so that none ends the program with the terminal like that. */
static enum err ask_silently(int fd, const char *question, const sigset_t *signals, struct buf *out)
{
    struct termios old;
    struct termios silent;
    int signal_fd = signalfd(-1, signals, SFD_CLOEXEC);
    enum err e = ERR_INVALID;

    if (signal_fd >= 0 && tcgetattr(fd, &old) == 0) {
        silent = old;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        /* Silent before the question, so that nothing that answers it is shown or thrown away. */
        (void)tcsetattr(fd, TCSAFLUSH, &silent);
        say(fd, question);
        if (wait_typing(fd, signal_fd))
            e = read_line(fd, out);
        (void)tcsetattr(fd, TCSADRAIN, &old);
        say(fd, "\n");
    }
    if (signal_fd >= 0)
        (void)close(signal_fd);
    return e;
}

static enum err ask(int fd, const char *question, struct buf *out)
{
    sigset_t signals;
    sigset_t before;
    enum err e;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &signals, &before);
    e = ask_silently(fd, question, &signals, out);
    (void)sigprocmask(SIG_SETMASK, &before, NULL); /* one that came ends the program here */
    return e;
}

static enum err ask_twice(int fd, const char **ret_error_text, struct buf *ret_password)
{
    struct buf again;
    enum err e;

    buf_init(&again, ret_password->cap_bytes);
    (void)buf_room(&again, again.cap_bytes); /* at once, so that growing leaves no copy behind */
    *ret_error_text = "no password was typed";
    e = ask(fd, "Password: ", ret_password);
    if (e == ERR_OK)
        e = ask(fd, "The same again: ", &again);
    if (e == ERR_OK && !secret_eq(buf_str(ret_password), buf_str(&again))) {
        *ret_error_text = "the two passwords differ";
        e = ERR_INVALID;
    }
    secret_wipe(again.ptr, again.len);
    buf_release(&again);
    return e;
}

enum err password_prompt(enum password_from from, const char **ret_error_text, struct buf *ret_password)
{
    enum err e;
    int fd;

    (void)buf_room(ret_password, ret_password->cap_bytes);
    if (from == PASSWORD_FROM_STDIN) {
        *ret_error_text = "no password came on standard input";
        return read_line(STDIN_FILENO, ret_password);
    }
    *ret_error_text = "there is no terminal to ask for the password; give it with --password-stdin";
    fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return ERR_INVALID;
    e = ask_twice(fd, ret_error_text, ret_password);
    (void)close(fd);
    return e;
}
