"""The board 保险管理看板: pages of every night for the back office and the showroom, without personal data."""
