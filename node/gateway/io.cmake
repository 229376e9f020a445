# SPDX-License-Identifier: Apache-2.0
# The native protocol: its codec is pure, its sockets are not.
