# A terminal of your own. This file is yours: it was put here once and is saved with your workspace.
case $- in *i*) ;; *) return ;; esac

HISTCONTROL=ignoreboth
HISTSIZE=10000
HISTFILESIZE=20000
shopt -s histappend checkwinsize

branch() { git symbolic-ref --short HEAD 2>/dev/null | sed 's/.*/ (&)/'; }
PS1='\[\e[36m\]\w\[\e[33m\]$(branch)\[\e[0m\] \$ '

alias ls='ls --color=auto'
alias ll='ls -l'
alias grep='grep --color=auto'
