/* SPDX-License-Identifier: MIT */
/*
 * The guest's end of the command channel: runs what the host asks for and
 * sends back what it prints and how it ended. Runs as process 1, so it also
 * reaps what commands leave behind; when it dies the guest panics, and the
 * host sees that at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "agent.h"

enum { MAX_COMMANDS = 32, HOST_ABSENT_MS = 20 };

struct command {
    uint32_t id;
    pid_t pid; /* 0: slot is free */
    int in, out, err;
    char *input; /* the one frame of input not yet taken by the command */
    size_t input_length, input_done;
};

static struct command commands[MAX_COMMANDS];
static int port;
static int child_signals;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void write_all(const void *data, size_t length) {
    for (const char *p = data; length;) {
        ssize_t n = write(port, p, length);

        if (n < 0 && errno != EINTR && errno != EAGAIN)
            die("agent: write to the host");
        if (n > 0) {
            p += n;
            length -= n;
        }
    }
}

static bool read_all(void *data, size_t length) {
    for (char *p = data; length;) {
        ssize_t n = read(port, p, length);

        if (n <= 0)
            return false;
        p += n;
        length -= n;
    }
    return true;
}

static void send_frame(uint32_t id, uint32_t type, const void *data, size_t length) {
    struct agent_frame frame = {length, id, type};

    write_all(&frame, sizeof(frame));
    write_all(data, length);
}

static void send_exit(uint32_t id, int status) {
    uint32_t word = status;

    send_frame(id, AGENT_EXIT, &word, sizeof(word));
}

static struct command *find(uint32_t id) {
    for (struct command *c = commands; c < commands + MAX_COMMANDS; c++)
        if (c->pid && c->id == id)
            return c;
    return NULL;
}

static struct command *find_free(void) {
    for (struct command *c = commands; c < commands + MAX_COMMANDS; c++)
        if (!c->pid)
            return c;
    return NULL;
}

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The ends of a command's connections that the command itself holds. */
struct stdio {
    int in, out, err;
    bool terminal;
};

static void become_shell(const char *line, struct stdio own) {
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    if (own.terminal)
        ioctl(own.in, TIOCSCTTY, 0);
    dup2(own.in, STDIN_FILENO);
    dup2(own.out, STDOUT_FILENO);
    dup2(own.err, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

static struct stdio open_pipes(struct command *c) {
    int in[2], out[2], err[2];

    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
        die("agent: pipe");
    c->in = in[1];
    c->out = out[0];
    c->err = err[0];
    return (struct stdio){in[0], out[1], err[1], false};
}

/* The host's own terminal makes CR LF of LF. */
static int pass_output_on(int terminal) {
    struct termios settings;

    if (tcgetattr(terminal, &settings))
        return -1;
    settings.c_oflag &= ~OPOST;
    return tcsetattr(terminal, TCSANOW, &settings);
}

static struct stdio open_terminal(struct command *c,
                                  const struct agent_terminal *size) {
    struct winsize window = {.ws_col = size->columns, .ws_row = size->rows};
    int own;

    c->out = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (c->out < 0 || grantpt(c->out) || unlockpt(c->out))
        die("agent: terminal");
    own = open(ptsname(c->out), O_RDWR | O_NOCTTY | O_CLOEXEC);
    c->in = fcntl(c->out, F_DUPFD_CLOEXEC, 0);
    c->err = -1;
    if (own < 0 || c->in < 0 || ioctl(own, TIOCSWINSZ, &window) || pass_output_on(own))
        die("agent: terminal");
    return (struct stdio){own, own, own, true};
}

static void close_own(struct stdio own) {
    close(own.in);
    if (own.out != own.in)
        close(own.out);
    if (own.err != own.in)
        close(own.err);
}

static void do_not_block(int fd) {
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* On a terminal of that size, or on pipes if there is none. */
static void start(uint32_t id, const char *line, const struct agent_terminal *size) {
    struct command *c = find_free();
    struct stdio own;

    if (!c) {
        send_exit(id, EAGAIN << 8);
        return;
    }
    *c = (struct command){.id = id};
    own = size ? open_terminal(c, size) : open_pipes(c);
    c->pid = fork();
    if (c->pid < 0)
        die("agent: fork");
    if (!c->pid)
        become_shell(line, own);
    close_own(own);
    do_not_block(c->in);
    do_not_block(c->out);
    do_not_block(c->err);
}

static void drop_input(struct command *c) {
    free(c->input);
    c->input = NULL;
}

/* Feeds the pending frame; a command that closed its input loses the rest. */
static void feed(struct command *c) {
    ssize_t n = write(c->in, c->input + c->input_done, c->input_length - c->input_done);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n < 0)
        close_fd(&c->in);
    else
        c->input_done += n;
    if (n < 0 || c->input_done == c->input_length)
        drop_input(c);
}

/* Takes ownership of @data. */
static void take_input(struct command *c, char *data, size_t length) {
    if (!length || c->in < 0) {
        close_fd(&c->in);
        free(data);
        return;
    }
    c->input = data;
    c->input_length = length;
    c->input_done = 0;
}

/* Passes on one piece of output; true when there may be more right now. */
static bool forward(struct command *c, int *fd, uint32_t type) {
    char data[AGENT_MAX_LENGTH];
    ssize_t n = read(*fd, data, sizeof(data));

    if (n > 0)
        send_frame(c->id, type, data, n);
    else if (n == 0 || errno != EAGAIN) /* EIO: nobody has the terminal open */
        close_fd(fd);
    return n > 0;
}

/* A daemon it left behind may keep the pipes open: take what is there. */
static void finish(struct command *c, int status) {
    while (c->out >= 0 && forward(c, &c->out, AGENT_OUTPUT))
        ;
    while (c->err >= 0 && forward(c, &c->err, AGENT_ERROR))
        ;
    close_fd(&c->in);
    close_fd(&c->out);
    close_fd(&c->err);
    drop_input(c);
    c->pid = 0;
    send_exit(c->id, status);
}

static void reap(void) {
    struct signalfd_siginfo info;
    pid_t pid;
    int status;

    if (read(child_signals, &info, sizeof(info)) < 0)
        return;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (struct command *c = commands; c < commands + MAX_COMMANDS; c++)
            if (c->pid == pid)
                finish(c, status);
}

static void obey(const struct agent_frame *frame, char *data) {
    struct command *c = find(frame->id);

    if (frame->type == AGENT_RUN)
        start(frame->id, data, NULL);
    else if (frame->type == AGENT_RUN_ON_TERMINAL &&
             frame->length > sizeof(struct agent_terminal))
        start(frame->id, data + sizeof(struct agent_terminal), (void *)data);
    else if (frame->type == AGENT_KILL && c)
        kill(-c->pid, SIGKILL);
    else if (frame->type == AGENT_INPUT && c) {
        take_input(c, data, frame->length);
        return;
    }
    free(data);
}

static void receive(void) {
    struct agent_frame frame;
    char *data;

    if (!read_all(&frame, sizeof(frame)))
        return; /* the host is not there */
    if (frame.length > AGENT_MAX_LENGTH) {
        fprintf(stderr, "agent: frame of %u bytes\n", frame.length);
        exit(1);
    }
    data = malloc(frame.length + 1);
    if (!data || !read_all(data, frame.length))
        die("agent: read from the host");
    data[frame.length] = '\0';
    obey(&frame, data);
}

/* While a command has input pending the port waits: that is the flow control. */
static bool input_pending(void) {
    for (struct command *c = commands; c < commands + MAX_COMMANDS; c++)
        if (c->pid && c->input)
            return true;
    return false;
}

enum { PORT, CHILD, FIRST_COMMAND, PER_COMMAND = 3 };

static void watch(struct pollfd *fds) {
    fds[PORT] = (struct pollfd){input_pending() ? -1 : port, POLLIN, 0};
    fds[CHILD] = (struct pollfd){child_signals, POLLIN, 0};
    for (int i = 0; i < MAX_COMMANDS; i++) {
        struct command *c = &commands[i];
        struct pollfd *p = fds + FIRST_COMMAND + i * PER_COMMAND;

        p[0] = (struct pollfd){c->pid && c->input ? c->in : -1, POLLOUT, 0};
        p[1] = (struct pollfd){c->pid ? c->out : -1, POLLIN, 0};
        p[2] = (struct pollfd){c->pid ? c->err : -1, POLLIN, 0};
    }
}

static void serve_commands(const struct pollfd *fds) {
    for (int i = 0; i < MAX_COMMANDS; i++) {
        struct command *c = &commands[i];
        const struct pollfd *p = fds + FIRST_COMMAND + i * PER_COMMAND;

        if (p[0].revents)
            feed(c);
        if (p[1].revents)
            forward(c, &c->out, AGENT_OUTPUT);
        if (p[2].revents)
            forward(c, &c->err, AGENT_ERROR);
    }
}

static void serve(void) {
    struct pollfd fds[FIRST_COMMAND + MAX_COMMANDS * PER_COMMAND];

    watch(fds);
    if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
        return;
    serve_commands(fds);
    if (fds[CHILD].revents)
        reap();
    if (fds[PORT].revents & POLLIN)
        receive();
    else if (fds[PORT].revents & POLLHUP)
        poll(NULL, 0, HOST_ABSENT_MS);
}

int main(int argc, char **argv) {
    sigset_t child;

    if (argc != 2) {
        fprintf(stderr, "usage: agent PORT\n");
        return 2;
    }
    port = open(argv[1], O_RDWR | O_CLOEXEC);
    if (port < 0)
        die(argv[1]);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    child_signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child_signals < 0)
        die("agent: signalfd");
    for (;;)
        serve();
}
