# Read by login shells.
[ -f ~/.bashrc ] && . ~/.bashrc
