#include <nanomsg/nn.h>
#include <nanomsg/reqrep.h>
#include <nanomsg/tcp.h>
#include <nanomsg/ws.h>

// Macros that are expressions, which Swift does not import.
static const int nn_protocol_req = NN_REQ;
static const int nn_protocol_rep = NN_REP;
static const int nn_error_terminated = ETERM;
static inline size_t nn_whole_message(void) { return NN_MSG; }
