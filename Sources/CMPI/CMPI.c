#include "CMPI.h"

#ifdef CMPI_TRAIT

#include <dlfcn.h>
#include <limits.h>
#include <mpi.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(MPI_Request) <= sizeof(intptr_t), "a request is no larger than a pointer");

// Set once by cmpi_begin, before anyone reads it.
static MPI_Comm channels[2];

int cmpi_begin(void) {
    int granted;
    int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &granted);
    for (int channel = CMPI_WORK; channel <= CMPI_END && code == MPI_SUCCESS; channel++) {
        code = MPI_Comm_dup(MPI_COMM_WORLD, &channels[channel]);
        if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(channels[channel], MPI_ERRORS_RETURN);
    }
    return code;
}

// Of ULFM, which the MPI that the program is built with may not have, and that it runs on may.
static void *ulfm(const char *name) { return dlsym(RTLD_DEFAULT, name); }

int cmpi_can_shrink(void) {
    int found, *isOn;
    if (!ulfm("MPIX_Comm_revoke") || !ulfm("MPIX_Comm_shrink")) return 0;
    // The attribute MPI_FT comes behind the last one that all have.
    int code = MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_WIN_MODEL + 1, &isOn, &found);
    return code == MPI_SUCCESS && found && *isOn;
}

void cmpi_revoke(void) {
    int (*revoke)(MPI_Comm) = (int (*)(MPI_Comm))ulfm("MPIX_Comm_revoke");
    for (int channel = CMPI_WORK; channel <= CMPI_END && revoke; channel++) revoke(channels[channel]);
}

static int has_shrunk;

int cmpi_shrink(void) {
    int (*shrink)(MPI_Comm, MPI_Comm *) = (int (*)(MPI_Comm, MPI_Comm *))ulfm("MPIX_Comm_shrink");
    if (!shrink) return MPI_ERR_OTHER;
    has_shrunk = 1;
    int size, again;
    int code = shrink(channels[CMPI_WORK], &channels[CMPI_WORK]);
    // A second one of the same ranks: less where one more is gone in between.
    do {
        if (code == MPI_SUCCESS) code = shrink(channels[CMPI_WORK], &channels[CMPI_END]);
        if (code != MPI_SUCCESS) return code;
        MPI_Comm_size(channels[CMPI_WORK], &size);
        MPI_Comm_size(channels[CMPI_END], &again);
        if (again < size) channels[CMPI_WORK] = channels[CMPI_END];
    } while (again < size);
    for (int channel = CMPI_WORK; channel <= CMPI_END && code == MPI_SUCCESS; channel++) {
        code = MPI_Comm_set_errhandler(channels[channel], MPI_ERRORS_RETURN);
    }
    return code;
}

static volatile sig_atomic_t last_code;
static void leave(int signal) {
    (void)signal;
    _exit(last_code);
}

int cmpi_end(int code) {
    // Open MPI 5 may wait for ever there, when all work is done.
    if (has_shrunk) {
        last_code = code;
        signal(SIGALRM, leave);
        alarm(1);
    }
    int result = MPI_Finalize();
    alarm(0);
    return result;
}

void cmpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

int cmpi_rank(void) {
    int rank = 0;
    MPI_Comm_rank(channels[CMPI_WORK], &rank);
    return rank;
}

int cmpi_size(void) {
    int size = 1;
    MPI_Comm_size(channels[CMPI_WORK], &size);
    return size;
}

static MPI_Request known(intptr_t request) {
    MPI_Request result;
    memcpy(&result, &request, sizeof result);
    return result;
}

// All are persistent: of those that an error ended, others are freed at once, and Open MPI 5.0.11 ends the process where the other
// side's answer to a freed one comes late, as it may from a rank that is gone. They stay, as many as one step has.
static int begun(int code, MPI_Request made, intptr_t *request) {
    *request = 0;
    if (code == MPI_SUCCESS) code = MPI_Start(&made);
    if (code == MPI_SUCCESS) memcpy(request, &made, sizeof made);
    return code;
}

// MPI counts in a C int.
static int is_countable(int64_t count) { return count >= 0 && count <= INT_MAX; }

static int freed(intptr_t *request) {
    MPI_Request done = known(*request);
    *request = 0;
    return MPI_Request_free(&done);
}

int cmpi_send(int channel, const void *bytes, int64_t count, int rank, int tag, intptr_t *request) {
    MPI_Request made = MPI_REQUEST_NULL;
    if (!is_countable(count)) return MPI_ERR_COUNT;
    int code = MPI_Send_init(bytes, (int)count, MPI_BYTE, rank, tag, channels[channel], &made);
    return begun(code, made, request);
}

int cmpi_receive(int channel, void *bytes, int64_t count, int rank, int tag, intptr_t *request) {
    MPI_Request made = MPI_REQUEST_NULL;
    if (!is_countable(count)) return MPI_ERR_COUNT;
    int code = MPI_Recv_init(bytes, (int)count, MPI_BYTE, rank, tag, channels[channel], &made);
    return begun(code, made, request);
}

int cmpi_test(int64_t count, intptr_t *requests) {
    enum { AT_ONCE = 256 };
    for (int64_t first = 0; first < count; first += AT_ONCE) {
        MPI_Request some[AT_ONCE];
        int found, places[AT_ONCE], number = count - first < AT_ONCE ? (int)(count - first) : AT_ONCE;
        for (int i = 0; i < number; i++) some[i] = known(requests[first + i]);
        // Where none is done it lets all go on, once: a test of each would do so as often as there are any.
        int code = MPI_Testsome(number, some, &found, places, MPI_STATUSES_IGNORE);
        for (int i = 0; i < found && code == MPI_SUCCESS; i++) code = freed(&requests[first + places[i]]);
        if (code != MPI_SUCCESS) return code;
    }
    return 0;
}

void cmpi_settle(int64_t count, intptr_t *requests) {
    for (int64_t index = 0; index < count; index++) {
        MPI_Request request = known(requests[index]);
        if (requests[index]) MPI_Wait(&request, MPI_STATUS_IGNORE);
        requests[index] = 0;
    }
}

void cmpi_library(char *text) {
    _Static_assert(MPI_MAX_LIBRARY_VERSION_STRING <= CMPI_TEXT, "a text has room");
    int length;
    if (MPI_Get_library_version(text, &length) != MPI_SUCCESS) strcpy(text, "unknown MPI");
}

void cmpi_text(int code, char *text) {
    _Static_assert(MPI_MAX_ERROR_STRING <= CMPI_TEXT, "a text has room");
    int length;
    if (MPI_Error_string(code, text, &length) != MPI_SUCCESS) strcpy(text, "unknown error");
}

#endif
