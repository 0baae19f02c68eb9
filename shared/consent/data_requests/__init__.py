"""What do we hold about a person who asks, and how is it given to them, or erased (CO-17)?"""
