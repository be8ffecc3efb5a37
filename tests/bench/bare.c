/*
 * What the benchmark compares Parley's fastest answer with: a FastCGI program that answers every request with the same
 * 15 bytes and does nothing else. Usage: bench_bare SOCKET THREADS
 */
#include <pthread.h>

#include <fcgiapp.h>

static int listen_fd;

static void *serve(void *arg)
{
    (void)arg;
    FCGX_Request request;
    FCGX_InitRequest(&request, listen_fd, 0);
    while (FCGX_Accept_r(&request) == 0) {
        FCGX_PutS("Status: 200 OK\r\nContent-Type: application/json\r\n\r\n{\"answer\":true}", request.out);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: bench_bare SOCKET THREADS\n");
        return 2;
    }
    long threads = strtol(argv[2], NULL, 10);
    FCGX_Init();
    listen_fd = FCGX_OpenSocket(argv[1], 1024);
    for (long i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, NULL) != 0)
            return 1;
        pthread_detach(thread);
    }
    serve(NULL);
    return 1;
}
